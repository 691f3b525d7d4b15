package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ServersExtension.class)
class FingerprintTest {

    private static final Fingerprint BODY = Fingerprint.of(new byte[] {1});
    private static final Fingerprint OTHER = Fingerprint.of(new byte[] {2});

    private final Orders orders;
    private final Deduplicator dedup;
    private final MessageKey key = Orders.newKey();

    FingerprintTest(Database database) {
        this.orders = Orders.in(database);
        this.dedup = Deduplicator.create(orders.dataSource);
    }

    @Test
    void theSameIdWithAnotherBodyIsNoDuplicate() throws SQLException {
        assertThat(dedup.process(key, BODY, tx -> Orders.save(tx, key))).isEqualTo(Outcome.PROCESSED);
        assertThat(dedup.process(key, BODY, tx -> Orders.save(tx, key))).isEqualTo(Outcome.DUPLICATE);
        assertThat(dedup.process(key, OTHER, tx -> Orders.save(tx, key))).isEqualTo(Outcome.DIFFERENT_BODY);
        assertThat(orders.effectsOf(key)).isOne();
        assertThat(Outcome.DIFFERENT_BODY.isDone()).isFalse();
    }

    @Test
    void aKeyWithoutFingerprintMatchesAnyBody() {
        dedup.process(key, tx -> {});
        assertThat(dedup.process(key, BODY, tx -> {})).isEqualTo(Outcome.DUPLICATE);
    }

    @Test
    void itIsTheSha256OfTheBody() {
        assertThat(Fingerprint.of(new byte[0]))
                .hasToString("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
