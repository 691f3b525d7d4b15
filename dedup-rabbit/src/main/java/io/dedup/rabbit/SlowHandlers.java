package io.dedup.rabbit;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks once in a while for handlers that are about to lose their channel: RabbitMQ closes one that has held a delivery
 * unacknowledged for 30 minutes.
 *
 * @see <a href="https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout">RabbitMQ, acknowledgement timeout</a>
 */
final class SlowHandlers {

    private static final Logger log = LoggerFactory.getLogger(SlowHandlers.class);

    private final String consumer;
    private final List<Worker> workers;
    private final Duration limit;

    SlowHandlers(String consumer, List<Worker> workers, Duration limit) {
        this.consumer = consumer;
        this.workers = workers;
        this.limit = limit;
    }

    void watch(Pauses pauses, Duration every) {
        pauses.after(every, () -> {
            workers.forEach(this::look);
            watch(pauses, every);
        });
    }

    private void look(Worker worker) {
        Instant since = worker.busySince();
        if (since != null && since.isBefore(Instant.now().minus(limit))) {
            log.warn(
                    "{} - a handler has been at work since {}; RabbitMQ takes its channel away after 30 minutes"
                            + " (consumer_timeout). Raise that, or set a timeLimit on the Deduplicator",
                    consumer,
                    since);
        }
    }
}
