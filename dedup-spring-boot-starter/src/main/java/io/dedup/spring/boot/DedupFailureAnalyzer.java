package io.dedup.spring.boot;

import io.dedup.DedupException;
import io.dedup.spring.ListenerRefusedException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;

/** Shows the library's refusals to start as Boot shows its own: what happened, and what to do in Boot's terms. */
final class DedupFailureAnalyzer implements FailureAnalyzer {

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ListenerRefusedException refused) {
                return analysis("dedup cannot protect this listener: ", refused.what(), refused.action(), refused);
            }
            if (cause instanceof DedupException refused) {
                return analysis("dedup cannot start: ", refused.what(), refused.action(), refused);
            }
        }
        return null;
    }

    private static FailureAnalysis analysis(String begin, String what, String action, Throwable cause) {
        return new FailureAnalysis(begin + what + ".", sentence(inBootsTerms(action)), cause);
    }

    private static String inBootsTerms(String action) {
        return action.replace(
                        "call DedupAdmin.migrate()",
                        "set dedup.migrate=true (and add org.flywaydb:flyway-database-postgresql)")
                .replace("do not call migrate()", "set dedup.migrate=false");
    }

    private static String sentence(String text) {
        String end = text.endsWith(".") || text.endsWith("}") ? "" : ".";
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1) + end;
    }
}
