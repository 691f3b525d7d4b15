package io.dedup;

/** What consumes messages with the library, whatever client it uses; for health checks. Thread-safe. */
public interface MessageConsumer {

    /**
     * The logical name under which its messages count as processed.
     *
     * @return the name
     */
    String name();

    /**
     * How it fares.
     *
     * @return the state at this moment
     */
    ConsumerState state();
}
