package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.ConsumerState;
import io.dedup.Deduplicator;
import io.dedup.test.Database;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.TcpProxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The database goes away while a group is in work. */
@RequiresRabbitMq // which tells waiting messages from those in work
@Timeout(90)
class GroupOutageTest extends WithShop {

    private static final int ALL = 50;

    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicBoolean first = new AtomicBoolean(true);
    private final AtomicBoolean breaks = new AtomicBoolean(true);

    /** A pool's connection timeout for each of its messages would be most of an hour. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theWholeGroupLearnsOfAnOutageByOneLook(boolean othersHaveFailed, Database database) throws Exception {
        try (TcpProxy proxy = TcpProxy.to(database.host(), database.port())) {
            Deduplicator dedup =
                    Deduplicator.create(Tapped.of(database.through(proxy).dataSource(), call -> {
                        if (call.name().equals("getConnection")) {
                            looks.incrementAndGet();
                        }
                        return call.proceed();
                    }));
            for (int i = 0; i < ALL; i++) {
                shop.publish("order " + i);
            }
            try (DedupConsumer consumer = DedupConsumer.builder(shop.connection, shop.publishing, dedup, shop.queue)
                    .pause(Duration.ofSeconds(2), Duration.ofSeconds(2))
                    .maxGroup(ALL)
                    .start((tx, delivery) -> {
                        String id = delivery.getProperties().getMessageId();
                        if (first.getAndSet(false)) {
                            eventually().until(() -> shop.ready() == 0);
                            Thread.sleep(100); // from the broker's hands into ours
                        }
                        if (id.equals("order 40") && breaks.get()) {
                            if (othersHaveFailed && looks.get() < 20) { // until its neighbours have gone one by one
                                throw new IllegalStateException("the group fails");
                            }
                            looks.set(0);
                            proxy.refuse();
                            proxy.cut();
                            breaks.set(false);
                        } else if (breaks.get() && othersHaveFailed && Integer.parseInt(id.substring(6)) % 2 == 1) {
                            throw new IllegalStateException("not yet");
                        }
                        shop.save(tx, id);
                    })) {
                eventually().until(() -> consumer.state().phase() == ConsumerState.Phase.PAUSED);
                assertThat(looks).as("connections asked for").hasValueLessThan(5);
                proxy.accept();
                eventually().until(() -> shop.effects() == ALL);
                shop.assertEmptyAfter(consumer);
            }
        }
        assertThat(shop.doubled()).isZero();
        assertThat(shop.deadLetter()).isNull();
    }
}
