package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.zaxxer.hikari.HikariDataSource;
import io.dedup.ConsumerState.Phase;
import io.dedup.MessageConsumer;
import io.dedup.spring.Listening.Container;
import io.dedup.test.Database;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.TcpProxy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;

/** The consumer of a container that holds: how many messages it takes, of which queues, and how it fares. */
@RequiresRabbitMq
@Timeout(60)
class HoldingConsumerTest extends WithListening {

    private final AtomicInteger runs = new AtomicInteger();

    /** One consumer takes what as many of Spring's would have taken. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void thePrefetchIsForEachWorker(Container container) throws Exception {
        listening
                .concurrency(4)
                .factory(factory -> factory.setPrefetchCount(5))
                .with(protection -> protection.pause(Duration.ofMinutes(15), Duration.ofMinutes(15)));
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            runs.incrementAndGet();
            throw new IllegalStateException("not today");
        });
        publishAll("held ", 30);
        eventually().until(() -> runs.get() == 20);
        eventually().during(Duration.ofMillis(300)).until(() -> shop.ready() == 10 && runs.get() == 20);
        listening.close();
        eventually().untilAsserted(() -> assertThat(shop.ready()).isEqualTo(30));
    }

    static class UpToFour {
        private final Handling.Handler handler;

        UpToFour(Handling.Handler handler) {
            this.handler = handler;
        }

        @DedupRabbitListener(queues = "${queue}", concurrency = "1-4")
        void on(Message message) throws Exception {
            handler.handle(message, null);
        }
    }

    /** Each waits inside for the others. */
    @Test
    void asManyWorkersAsTheMaximumWorkAtATime() throws Exception {
        CountDownLatch four = new CountDownLatch(4);
        listening.start(new UpToFour((message, channel) -> {
            four.countDown();
            assertThat(four.await(20, TimeUnit.SECONDS)).isTrue();
            save(message);
        }));
        publishAll("parallel ", 4);
        eventually().until(() -> shop.keys() == 4);
        listening.assertQueueEmptyAfterStop();
    }

    static class Both {
        private final Handling.Handler handler;

        Both(Handling.Handler handler) {
            this.handler = handler;
        }

        @DedupRabbitListener(queues = {"${queue}", "${queue}-2"})
        void on(Message message) throws Exception {
            handler.handle(message, null);
        }
    }

    /** Each message counts under its own queue, and is dead-lettered beside it. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void theMessagesOfSeveralQueuesAreToldApart(Container container) throws Exception {
        String second = shop.queue + "-2";
        shop.declare(second);
        listening
                .with(protection -> protection.maxAttempts(2))
                .in(container, AcknowledgeMode.AUTO)
                .start(new Both((message, channel) -> {
                    if (id(message).startsWith("poison")) {
                        throw new IllegalStateException("poison");
                    }
                    save(message);
                }));
        for (String queue : new String[] {shop.queue, second}) {
            for (String id : new String[] {"same", "poison", "same"}) {
                shop.publisher.basicPublish(
                        "", queue, new BasicProperties.Builder().messageId(id).build(), new byte[0]);
            }
        }
        eventually().until(() -> listening.deadLetters.size() == 2);
        eventually().until(() -> shop.effects() == 2);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.keys()).isOne();
        assertThat(shop.count("SELECT count(*) FROM processed_message WHERE consumer = '" + second + "'"))
                .isOne();
        assertThat(listening.dead()).isOne();
        assertThat(shop.publisher.messageCount(second + ".dead")).isOne();
        assertThat(shop.publisher.messageCount(second)).isZero();
        assertThat(listening.channelErrors()).isEmpty();
        shop.publisher.queueDelete(second);
        shop.publisher.queueDelete(second + ".dead");
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void itsStateSaysThatTheDatabaseIsAway(Container container, Database database) throws Exception {
        try (TcpProxy cable = TcpProxy.to(database.host(), database.port());
                HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl(database.through(cable).jdbcUrl());
            pool.setConnectionTimeout(500);
            listening.dataSource(pool);
            start(container, AcknowledgeMode.AUTO, (message, channel) -> save(message));
            MessageConsumer consumer = (MessageConsumer) listening.container();
            assertThat(consumer.state().phase()).isEqualTo(Phase.RUNNING);
            cable.refuse();
            shop.publish("1");
            eventually().until(() -> consumer.state().phase() == Phase.PAUSED);
            assertThat(consumer.state().reason()).isNotBlank();
            cable.accept();
            eventually().until(() -> consumer.state().phase() == Phase.RUNNING);
            eventually().until(() -> shop.keys() == 1);
            listening.container().stop();
            assertThat(consumer.state().phase()).isEqualTo(Phase.CLOSED);
        }
    }
}
