package io.dedup.rabbit.spring.boot;

import io.dedup.Deduplicator;
import io.dedup.rabbit.ConsumerState;
import io.dedup.rabbit.DedupConsumer;
import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Up while messages can be processed: the database takes a trial claim (which is rolled back), and no {@link
 * DedupConsumer} bean is paused or closed.
 */
final class DedupHealthIndicator extends AbstractHealthIndicator {

    private final Deduplicator dedup;
    private final ObjectProvider<Map<String, DedupConsumer>> consumers;

    DedupHealthIndicator(Deduplicator dedup, ObjectProvider<Map<String, DedupConsumer>> consumers) {
        super("messages cannot be processed");
        this.dedup = dedup;
        this.consumers = consumers;
    }

    @Override
    protected void doHealthCheck(Health.Builder health) {
        dedup.verify();
        health.up();
        consumers.getIfAvailable(Map::of).forEach((name, consumer) -> {
            ConsumerState state = consumer.state();
            switch (state.phase()) {
                case RUNNING -> {}
                case PAUSED -> health.outOfService();
                case CLOSED -> health.down();
            }
            health.withDetail(name, state);
        });
    }
}
