package io.dedup.examples;

import java.time.Duration;

/** How large the demo is, and how long it may take. */
record Settings(int orders) {

    static final String ORDERS = "dedup.orders";
    static final int CONCURRENCY = 4;
    static final int PREFETCH = 100;
    static final long SEED = 42;

    // Fewer are done before the third cut can come; more could outlive the queues.
    private static final int FEWEST = 100;
    private static final int MOST = 100_000;

    Settings {
        if (orders < FEWEST || orders > MOST) {
            throw refusal(String.valueOf(orders));
        }
    }

    static Settings fromSystem() {
        String text = System.getProperty(ORDERS, "2000").strip();
        try {
            return new Settings(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            throw refusal(text);
        }
    }

    /** 20 % of the orders are published twice. */
    int retries() {
        return orders / 5;
    }

    int messages() {
        return orders + retries();
    }

    /** For both sides together; a disk that is slow to sync takes a hundred transactions a second. */
    Duration limit() {
        return Duration.ofSeconds(60).plusMillis(30L * orders);
    }

    private static IllegalArgumentException refusal(String value) {
        return new IllegalArgumentException("-D" + ORDERS + "=" + value + " is not a whole number from " + FEWEST
                + " to " + MOST + "; leave it out for 2000");
    }
}
