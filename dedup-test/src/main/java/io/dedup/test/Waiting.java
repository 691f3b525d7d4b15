package io.dedup.test;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Waiting for a server to answer, with its log in the exception when it does not. */
final class Waiting {
    private static final long PAUSE_MILLIS = 50;

    private Waiting() {}

    /** Calls the probe until it returns instead of throwing. */
    static <T> T untilAnswers(
            String what, Duration limit, Callable<T> probe, BooleanSupplier alive, Supplier<String> log) {
        long end = System.nanoTime() + limit.toNanos();
        Exception last = null;
        while (alive.getAsBoolean() && System.nanoTime() < end) {
            try {
                return probe.call();
            } catch (Exception e) {
                last = e;
                pause();
            }
        }
        throw failure(
                what, alive.getAsBoolean() ? "did not answer within " + limit.toSeconds() + " s" : "ended", last, log);
    }

    static void until(String what, Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new ServerException(what + ": not within " + limit.toSeconds() + " s.");
            }
            pause();
        }
    }

    static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerException("Interrupted while waiting for a test server.", e);
        }
    }

    private static ServerException failure(String what, String how, @Nullable Exception cause, Supplier<String> log) {
        return new ServerException(what + " " + how + ". The end of its log:\n" + log.get(), cause);
    }
}
