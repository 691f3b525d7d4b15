package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dedup.DedupListener;
import io.dedup.LaneKey;
import io.dedup.MessageIdResolver;
import io.dedup.Outcome;
import io.dedup.Result;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

/** Wherever a publisher puts an ID or an entity's name, a property says where it is. */
@ExtendWith(ServersExtension.class)
@Timeout(120)
class MessagePlaceTest {

    private final BrokerServer broker;
    private final String queue = "place-" + UUID.randomUUID();
    private final List<Result> results = new CopyOnWriteArrayList<>();
    private final ApplicationContextRunner runner;

    MessagePlaceTest(Database database, BrokerServer broker) {
        this.broker = broker;
        this.runner = Contexts.listening(database, broker, queue)
                .withUserConfiguration(Orders.class)
                .withBean(DedupListener.class, () -> new DedupListener() {
                    @Override
                    public void onDelivery(Result result, boolean redelivered) {
                        results.add(result);
                    }
                })
                .withPropertyValues(
                        "dedup.rabbit.all-listeners=true",
                        "dedup.rabbit.max-attempts=10",
                        "dedup.rabbit.pause.first=1s");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "property | in message-id",
                "property:correlation-id | in correlation-id",
                "header:x-event-id | in a header",
                "json-pointer:/event/id | in the body",
                "spel:messageProperties.headers['x-event-id'] + ' and more' | in a header and more",
                "spel:@prefix + messageProperties.messageId | beans are at hand: in message-id",
                "header:x-none, json-pointer:/event/id, property | in the body",
                "digest | (some)",
            })
    void anId(String places, String id) {
        boolean digest = places.equals("digest");
        runner.withBean("prefix", String.class, () -> "beans are at hand: ")
                .withPropertyValues("dedup.rabbit.message-id=" + places)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    send(order());
                    send(order());
                    await().until(() -> results.size() == 2);
                    assertThat(results)
                            .extracting(Result::outcome)
                            .containsExactly(Outcome.PROCESSED, Outcome.DUPLICATE);
                    assertThat(results)
                            .extracting(result -> result.key().messageId())
                            .allSatisfy(found -> {
                                if (digest) {
                                    assertThat(found).matches("[0-9a-f]{64}");
                                } else {
                                    assertThat(found).isEqualTo(id);
                                }
                            });
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "header:account",
                "json-pointer:/event/account",
                "spel:messageProperties.headers['account']",
                "property:app-id"
            })
    void aLane(String lane) {
        runner.withPropertyValues("dedup.rabbit.lane=" + lane, "spring.rabbitmq.listener.simple.concurrency=2")
                .run(context -> {
                    Orders orders = context.getBean(Orders.class);
                    orders.failures.add("a1");
                    send(of("a1", "A"));
                    send(of("a2", "A"));
                    send(of("b1", "B"));
                    await().until(() -> orders.heard.size() == 3);
                    assertThat(orders.heard)
                            .as("what comes behind a failed one of its entity waits, others pass")
                            .containsExactly("b1", "a1", "a2");
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "headers:x | none of the forms",
                "header: | nothing behind the colon",
                "property:mesage-id | AMQP has no property mesage-id",
                "json-pointer:order/id | order/id",
                "spel:messageProperties. | messageProperties."
            })
    void whatCannotBeReadIsRefused(String place, String reason) {
        for (String property : List.of("message-id", "lane")) {
            runner.withPropertyValues("dedup.rabbit." + property + "=" + place).run(context -> {
                assertThat(context).hasFailed();
                assertThat(Contexts.analysisOf(context.getStartupFailure()))
                        .contains("the property dedup.rabbit." + property + " cannot be read")
                        .contains(reason)
                        .contains("Action: Set it to property, property:NAME, header:NAME");
            });
        }
    }

    @Test
    void aBeanThatWouldBeWithoutEffectIsRefused() {
        runner.withPropertyValues("dedup.rabbit.message-id=digest")
                .withBean(MessageIdResolver.class, MessageIdResolver::property)
                .run(context -> assertThat(Contexts.analysisOf(context.getStartupFailure()))
                        .contains("dedup.rabbit.message-id is set, and there is a bean of type MessageIdResolver too"));
        runner.withPropertyValues("dedup.rabbit.lane=header:a")
                .withBean(LaneKey.class, LaneKey::routingKey)
                .run(context -> assertThat(Contexts.analysisOf(context.getStartupFailure()))
                        .contains("dedup.rabbit.lane is set, and there is a bean of type LaneKey too"));
    }

    private static Message order() {
        return MessageBuilder.withBody("""
                        {"event": {"id": "in the body"}}""".getBytes(StandardCharsets.UTF_8))
                .setContentType("text/plain")
                .setMessageId("in message-id")
                .setCorrelationId("in correlation-id")
                .setHeader("x-event-id", "in a header")
                .build();
    }

    private static Message of(String id, String account) {
        return MessageBuilder.withBody("""
                        {"event": {"account": "%s"}}""".formatted(account).getBytes(StandardCharsets.UTF_8))
                .setContentType("text/plain")
                .setMessageId(id)
                .setAppId(account)
                .setHeader("account", account)
                .build();
    }

    private void send(Message message) {
        CachingConnectionFactory connections = new CachingConnectionFactory(broker.connectionFactory());
        new RabbitTemplate(connections).send("", queue, message);
        connections.destroy();
    }

    @Configuration(proxyBeanMethods = false)
    static class Orders {

        private final List<String> heard = new CopyOnWriteArrayList<>();
        private final List<String> failures = new CopyOnWriteArrayList<>();

        @RabbitListener(queues = "${queue}")
        void on(Message message) {
            String id = message.getMessageProperties().getMessageId();
            if (failures.remove(id)) {
                throw new IllegalStateException("not yet");
            }
            heard.add(id);
        }
    }
}
