package io.dedup.rabbit;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends pauses, on a daemon thread that lives only while there are any. */
final class Pauses {

    private static final Logger log = LoggerFactory.getLogger(Pauses.class);

    private final ScheduledThreadPoolExecutor thread;

    Pauses(String name) {
        thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread daemon = new Thread(task, name);
            daemon.setDaemon(true);
            return daemon;
        });
        thread.setKeepAliveTime(10, TimeUnit.SECONDS);
        thread.allowCoreThreadTimeOut(true);
    }

    void after(Duration pause, Runnable end) {
        try {
            var unused = thread.schedule(end, pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("closed; nothing is to follow this pause", e);
        }
    }

    /** No pause ends any more. */
    void close() {
        thread.shutdownNow();
    }
}
