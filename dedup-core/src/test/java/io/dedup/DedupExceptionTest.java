package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** What happened and what to do are fields, and together the message. */
class DedupExceptionTest {

    private static void assertSays(DedupException e, Outcome outcome, String what, String action) {
        assertThat(e.outcome()).isEqualTo(outcome);
        assertThat(e.what()).isEqualTo(what);
        assertThat(e.action()).isEqualTo(action);
        assertThat(e).hasMessage(what + "; " + action);
    }

    @Test
    void bothPartsMayHoldSemicolons() {
        SQLException cause = new SQLException("x");
        DedupException e = new DedupException(Outcome.FAILED, "a; b", "c; d", cause);
        assertSays(e, Outcome.FAILED, "a; b", "c; d");
        assertThat(e).hasCause(cause);
    }

    @Test
    void aMissingTableSaysHowToGetIt() {
        DedupException e = DedupExceptions.of("claim", new SQLException("no such table", "42P01"));
        assertSays(
                e,
                Outcome.UNAVAILABLE,
                "a table of the library's is missing (no such table)",
                "call DedupAdmin.migrate() or apply db/migration/postgresql/V1__processed_message.sql");
    }

    @Test
    void errorsAreToldApartBySqlState() {
        assertThat(DedupExceptions.of("claim", new SQLException("x", "55P03")).outcome())
                .isEqualTo(Outcome.BUSY);
        assertSays(
                DedupExceptions.of("claim", new SQLException("x", "40P01")),
                Outcome.BUSY,
                "claim collided with another transaction",
                "run the whole transaction again");
        assertSays(
                DedupExceptions.of("claim", new SQLException("disk full", "53100")),
                Outcome.UNAVAILABLE,
                "claim failed: disk full",
                "mend what the database reports; the message is tried again");
        DedupException own = DedupExceptions.busy(new SQLException("x", "57014"));
        assertThat(DedupExceptions.of("claim", own)).isSameAs(own);
    }
}
