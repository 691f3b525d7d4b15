package io.dedup.test;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a server leaves on the machine, undone in reverse order: by {@link #close()}, or at the end of the JVM. Registered
 * before the first thing is made, so that also a start that fails or is interrupted half way leaves nothing.
 */
final class Resources implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Resources.class);

    private final Deque<Runnable> undo = new ArrayDeque<>();
    private final Thread hook = new Thread(this::undoAll, "dedup-test-cleanup");
    private boolean closed;

    Resources() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Remembers how to undo something; call it right before or after doing it. */
    synchronized void onClose(Runnable action) {
        if (closed) {
            action.run();
            throw new ServerException("The server was closed while it started.");
        }
        undo.push(action);
    }

    @Override
    public void close() {
        undoAll();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            log.debug("the JVM is ending, the hook runs anyway", e);
        }
    }

    private synchronized void undoAll() {
        closed = true;
        while (!undo.isEmpty()) {
            try {
                undo.pop().run();
            } catch (RuntimeException e) {
                log.warn("could not clean up after a test server", e);
            }
        }
    }
}
