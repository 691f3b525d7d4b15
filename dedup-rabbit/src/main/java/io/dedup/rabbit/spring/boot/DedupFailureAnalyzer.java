package io.dedup.rabbit.spring.boot;

import io.dedup.DedupException;
import java.util.Locale;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Shows the library's refusal to start as Boot shows its own. Its messages say what is wrong and then, behind the first
 * semicolon, what to do.
 */
final class DedupFailureAnalyzer extends AbstractFailureAnalyzer<DedupException> {

    private static final String MIGRATE = "call Deduplicator.migrate()";

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, DedupException cause) {
        String[] parts = String.valueOf(cause.getMessage()).split("; ", 2);
        String action = parts.length == 2 ? parts[1] : "Mend the cause and start again.";
        return new FailureAnalysis("dedup cannot start: " + parts[0] + ".", sentence(inBootsTerms(action)), cause);
    }

    static String inBootsTerms(String action) {
        return action.replace(MIGRATE, "set dedup.migrate=true (and add org.flywaydb:flyway-database-postgresql)")
                .replace("do not call migrate()", "set dedup.migrate=false");
    }

    static String sentence(String text) {
        String end = text.endsWith(".") ? "" : ".";
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1) + end;
    }
}
