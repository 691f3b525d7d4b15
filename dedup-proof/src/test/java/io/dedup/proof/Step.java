package io.dedup.proof;

import java.util.Set;

/**
 * One call that the library makes between delivery and ack.
 *
 * @param onWire whether it talks to its server, or waits for it
 */
record Step(String method, String statement, boolean onWire) {

    /** On the wire too, but what they do ends with the connection. */
    private static final Set<String> SESSION = Set.of("getConnection", "createChannel", "confirmSelect", "close");

    /** Whether a process that dies right after it leaves something else behind than one that dies right before. */
    boolean lasts() {
        return onWire && !SESSION.contains(method);
    }

    @Override
    public String toString() {
        return statement.isEmpty() ? method : method + ": " + statement;
    }
}
