package io.dedup.spring.boot.compat;

import java.util.Map;

/** What the health indicator reports, in whatever class Boot has for it. */
public interface HealthCheck {

    /** Boot's statuses, by their codes. */
    enum Status {
        /** Messages can be processed. */
        UP,
        /** Not at present. */
        OUT_OF_SERVICE,
        /** Not until somebody acts. */
        DOWN
    }

    /**
     * How it is.
     *
     * @param status the status
     * @param details what stands beside it
     */
    record Report(Status status, Map<String, ?> details) {}

    /**
     * Looks now.
     *
     * @return the report
     * @throws RuntimeException if messages cannot be processed
     */
    Report check();
}
