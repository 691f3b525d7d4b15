package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.QueueBuilder;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

/** Where a message ends that has failed too often: where the queue says so, or in a queue of the library's. */
@ExtendWith(ServersExtension.class)
@Timeout(120)
class DeadLettersTest {

    private final Database database;
    private final BrokerServer broker;
    private final String queue = "ends-" + UUID.randomUUID();
    private final String brokers = queue + ".brokers";
    private ApplicationContextRunner runner;

    DeadLettersTest(Database database, BrokerServer broker) {
        this.database = database;
        this.broker = broker;
    }

    @BeforeEach
    void configure() {
        runner = Contexts.listening(database, broker, queue)
                .withUserConfiguration(Failing.class)
                .withPropertyValues(
                        "dedup.rabbit.all-listeners=true",
                        "dedup.rabbit.max-attempts=2",
                        "dedup.rabbit.pause.first=10ms");
    }

    private ApplicationContextRunner withDeadLetterExchange() {
        return runner.withBean("brokersQueue", Queue.class, () -> new Queue(brokers, true))
                .withBean(
                        Declarables.class,
                        () -> new Declarables(QueueBuilder.durable(queue + ".with")
                                .deadLetterExchange("")
                                .deadLetterRoutingKey(brokers)
                                .build()))
                .withPropertyValues("queue=" + queue + ".with");
    }

    @Test
    void inTheLibrarysOwnQueue() {
        assertEnds(runner, queue, queue + ".dead", 2);
    }

    @Test
    void inTheQueueThatIsNamed() {
        assertEnds(
                runner.withPropertyValues("dedup.rabbit.dead-letter-queue=" + queue + ".named"),
                queue,
                queue + ".named",
                2);
    }

    @Test
    void whereTheBrokerSendsThemIfItsQueueSaysSo() {
        assertEnds(withDeadLetterExchange(), queue + ".with", brokers, 2);
    }

    @Test
    void inTheLibrarysOwnQueueAllTheSameWhereThatIsAskedFor() {
        assertEnds(
                withDeadLetterExchange().withPropertyValues("dedup.rabbit.dead-letter=publish"),
                queue + ".with",
                queue + ".with.dead",
                2);
    }

    @Test
    void inTheNamedQueueThough() {
        assertEnds(
                withDeadLetterExchange().withPropertyValues("dedup.rabbit.dead-letter-queue=" + queue + ".named"),
                queue + ".with",
                queue + ".named",
                2);
    }

    @Test
    void atOnceAfterWhatIsNeverToBeTriedAgain() {
        assertEnds(
                runner.withPropertyValues("dedup.rabbit.never-retry=java.lang.IllegalStateException"),
                queue,
                queue + ".dead",
                1);
    }

    private void assertEnds(ApplicationContextRunner application, String from, String in, int attempts) {
        application.run(context -> {
            assertThat(context).hasNotFailed();
            Contexts.send(broker, from, "a");
            try (Connection connection = broker.connectionFactory().newConnection()) {
                await().ignoreExceptions().until(() -> {
                    try (Channel channel = connection.createChannel()) {
                        return channel.messageCount(in) == 1;
                    }
                });
            }
            assertThat(context.getBean(Failing.class).attempts).hasValue(attempts);
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Failing {

        private final AtomicInteger attempts = new AtomicInteger();

        @RabbitListener(queues = "${queue}")
        void on(String body) {
            attempts.incrementAndGet();
            throw new IllegalArgumentException("out of paper", new IllegalStateException("no paper"));
        }
    }
}
