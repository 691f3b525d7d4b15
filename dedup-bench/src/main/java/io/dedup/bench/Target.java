package io.dedup.bench;

import java.util.OptionalDouble;

/**
 * What was to be reached, and was or was not.
 *
 * @param what the ratio or figure
 * @param measured in this run; empty if the parts that it needs were not run
 * @param bound at least this, or at most
 * @param aim better still
 * @param atMost whether less is better
 */
record Target(String what, OptionalDouble measured, double bound, double aim, boolean atMost) {

    static Target atLeast(String what, OptionalDouble measured, double bound, double aim) {
        return new Target(what, measured, bound, aim, false);
    }

    static Target atMost(String what, OptionalDouble measured, double bound, double aim) {
        return new Target(what, measured, bound, aim, true);
    }

    String verdict() {
        if (measured.isEmpty()) {
            return "not measured";
        }
        double value = measured.getAsDouble();
        if (reaches(value, aim)) {
            return "met, and the aim";
        }
        return reaches(value, bound) ? "met" : "**short**";
    }

    private boolean reaches(double value, double limit) {
        return atMost ? value <= limit : value >= limit;
    }
}
