package io.dedup.rabbit;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Ends pauses, on a daemon thread that lives only while there are any. */
final class Pauses {

    static final Duration AFTER_FAILED_PUBLISH = Duration.ofSeconds(5);

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
        var unused = thread.schedule(end, pause.toMillis(), TimeUnit.MILLISECONDS);
    }
}
