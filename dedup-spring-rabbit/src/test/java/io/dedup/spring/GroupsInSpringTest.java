package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import io.dedup.Dedup;
import io.dedup.Outcome;
import io.dedup.spring.Listening.Container;
import io.dedup.test.RequiresRabbitMq;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.AmqpRejectAndDontRequeueException;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.support.converter.MessageConversionException;
import org.springframework.jdbc.core.JdbcTemplate;

/** Listener methods that take one message each, in transactions of many. */
@Timeout(90)
class GroupsInSpringTest extends WithListening {

    private final AtomicInteger runs = new AtomicInteger();

    interface Handler {
        Object handle(Message message, Channel channel) throws Exception;
    }

    static class Orders {
        private final Handler handler;

        Orders(Handler handler) {
            this.handler = handler;
        }

        @DedupRabbitListener(queues = "${queue}", autoStartup = "false")
        Object on(Message message, Channel channel) throws Exception {
            return handler.handle(message, channel);
        }
    }

    private void start(AcknowledgeMode mode, Handler handler) {
        startIn(Container.SIMPLE, mode, handler);
    }

    private void startIn(Container container, AcknowledgeMode mode, Handler handler) {
        listening
                .in(container, mode)
                .with(protection -> protection.maxGroup(50))
                .start(new Orders(handler));
    }

    private void consume() {
        listening.registry().getListenerContainers().forEach(container -> container.start());
    }

    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void messagesThatWaitShareTransactionsAndEachTakesEffectOnce(Container container, AcknowledgeMode mode)
            throws Exception {
        startIn(container, mode, (message, channel) -> {
            Dedup.assertActive();
            listening.save(id(message));
            channel.basicAck(message.getMessageProperties().getDeliveryTag(), false);
            return null;
        });
        for (int i = 0; i < 200; i++) {
            shop.publish("message " + i % 150);
        }
        consume();
        eventually().until(() -> listening.results.size() == 200);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.effects()).isEqualTo(150);
        assertThat(listening.outcomes(Outcome.DUPLICATE)).isEqualTo(50);
        assertThat(shop.count("SELECT count(DISTINCT xmin::text) FROM orders WHERE queue = '" + shop.queue + "'"))
                .as("transactions")
                .isLessThan(20);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @RequiresRabbitMq
    void inAContainerThatSettlesTheyDoToo(boolean manual) throws Exception {
        listening.settling();
        messagesThatWaitShareTransactionsAndEachTakesEffectOnce(
                Container.SIMPLE, manual ? AcknowledgeMode.MANUAL : AcknowledgeMode.AUTO);
    }

    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    @RequiresRabbitMq
    void poisonInAGroupIsDeadLetteredAndItsNeighboursAreProcessed(Container container, AcknowledgeMode mode)
            throws Exception {
        listening.with(protection -> protection.maxAttempts(2));
        startIn(container, mode, (message, channel) -> {
            listening.save(id(message));
            if (id(message).equals("message 17")) {
                throw new IllegalStateException("poison");
            }
            return null;
        });
        for (int i = 0; i < 30; i++) {
            shop.publish("message " + i);
        }
        consume();
        eventually().until(() -> shop.effects() == 29);
        eventually().until(() -> listening.dead() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.deadLetter().getProps().getMessageId()).isEqualTo("message 17");
        assertThat(shop.keys()).isEqualTo(29);
        assertThat(listening.channelErrors()).isEmpty();
    }

    @Test
    @RequiresRabbitMq
    void oneThatFailsIsRetriedAloneBySpringsRulesAndCostsTheOthersNothing() throws Exception {
        listening.factory(factory -> factory.setAdviceChain(SpringLine.retry(2).build()));
        start(AcknowledgeMode.AUTO, (message, channel) -> {
            listening.save(id(message));
            if (id(message).equals("message 7") && runs.incrementAndGet() <= 4) {
                throw new IllegalStateException("card declined");
            }
            return null;
        });
        for (int i = 0; i < 30; i++) {
            shop.publish("message " + i);
        }
        consume();
        eventually().until(() -> shop.keys() == 30);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(5); // in the group, alone, and three times by Spring's retries
        assertThat(shop.effects()).isEqualTo(30);
        assertThat(shop.doubled()).isZero();
    }

    @Test
    @RequiresRabbitMq
    void oneThatCanNeverBeConvertedIsDeadLetteredAndDoesNotComeBackForEver() throws Exception {
        start(AcknowledgeMode.AUTO, (message, channel) -> {
            if (id(message).equals("bad")) {
                runs.incrementAndGet();
                throw new MessageConversionException("not even JSON");
            }
            listening.save(id(message));
            return null;
        });
        for (String id : List.of("1", "bad", "2")) {
            shop.publish(id);
        }
        consume();
        eventually().until(() -> shop.keys() == 2);
        Thread.sleep(500);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).as("in the group, alone, and by Spring's rules").hasValueLessThanOrEqualTo(3);
        assertThat(listening.dead()).isOne();
    }

    @Test
    @RequiresRabbitMq
    void theContainersErrorHandlerHasTheLastWordAndOnlyOnce() throws Exception {
        List<Throwable> told = new CopyOnWriteArrayList<>();
        listening.factory(factory -> factory.setErrorHandler(failure -> {
            told.add(failure);
            throw new AmqpRejectAndDontRequeueException("not with this card", failure);
        }));
        start(AcknowledgeMode.AUTO, (message, channel) -> {
            if (id(message).equals("bad")) {
                throw new IllegalStateException("card declined");
            }
            listening.save(id(message));
            return null;
        });
        for (String id : List.of("1", "bad", "2")) {
            shop.publish(id);
        }
        consume();
        eventually().until(() -> shop.keys() == 2 && !told.isEmpty());
        Thread.sleep(500);
        listening.assertQueueEmptyAfterStop();
        assertThat(told)
                .singleElement()
                .satisfies(failure -> assertThat(failure).hasRootCauseMessage("card declined"));
    }

    /** What is acknowledged on a transacted channel is, once the channel commits; the container rolls back at a failure. */
    @Test
    @RequiresRabbitMq
    void onATransactedChannelWhatIsDoneAfterAFailureIsAcknowledgedAtOnce() throws Exception {
        Map<String, Integer> tries = new ConcurrentHashMap<>();
        listening.factory(factory -> {
            factory.setChannelTransacted(true);
            factory.setDefaultRequeueRejected(false);
        });
        start(AcknowledgeMode.AUTO, (message, channel) -> {
            int run = tries.merge(id(message), 1, Integer::sum);
            if (id(message).equals("bad") || (id(message).equals("odd") && run == 1)) {
                throw new IllegalStateException("card declined");
            }
            listening.save(id(message));
            return null;
        });
        for (String id : List.of("1", "bad", "odd", "2")) {
            shop.publish(id);
        }
        consume();
        eventually().until(() -> shop.keys() == 3);
        Thread.sleep(500);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.doubled()).isZero();
    }

    @Test
    void aRequestInAGroupIsAnsweredAfterTheCommit() throws Exception {
        String answers = shop.publisher.queueDeclare().getQueue();
        Set<String> seen = ConcurrentHashMap.newKeySet();
        start(AcknowledgeMode.AUTO, (message, channel) -> {
            listening.save(id(message));
            seen.add(id(message));
            return "receipt " + id(message);
        });
        for (int i = 0; i < 20; i++) {
            shop.publish(
                    new BasicProperties.Builder()
                            .messageId(String.valueOf(i % 10))
                            .replyTo(answers)
                            .build(),
                    "");
        }
        consume();
        eventually().until(() -> shop.publisher.messageCount(answers) == 20);
        listening.assertQueueEmptyAfterStop();
        assertThat(seen).hasSize(10);
        assertThat(shop.effects()).isEqualTo(10);
    }

    /** No guard sees what goes through JdbcTemplate. The keys of the messages after it are committed with it. */
    @Test
    void aHandlerThatCommitsByItselfLosesNobodysMessage() throws Exception {
        Set<String> once = ConcurrentHashMap.newKeySet();
        start(AcknowledgeMode.AUTO, (message, channel) -> {
            listening.save(id(message));
            if (id(message).equals("message 3") && once.add("committed")) {
                listening.context.getBean(JdbcTemplate.class).execute("COMMIT");
            }
            if (id(message).equals("message 7") && once.add("failed")) {
                throw new IllegalStateException("not yet");
            }
            return null;
        });
        for (int i = 0; i < 20; i++) {
            shop.publish("message " + i);
        }
        consume();
        eventually().until(() -> shop.keys() == 20);
        listening.assertQueueEmptyAfterStop();
        assertThat(once).hasSize(2);
        assertThat(shop.effects()).isEqualTo(20);
        assertThat(shop.doubled()).isZero();
    }

    /** Prints what groups cost a message that comes alone. */
    @Test
    void aLoneMessageIsNotLate() throws Exception {
        start(AcknowledgeMode.AUTO, (message, channel) -> {
            listening.save(id(message));
            return null;
        });
        consume();
        shop.publish("warm");
        eventually().until(() -> shop.keys() == 1);
        long[] millis = new long[20];
        for (int i = 0; i < millis.length; i++) {
            Thread.sleep(20 + i);
            int before = listening.results.size();
            long start = System.nanoTime();
            shop.publish("lone " + i);
            while (listening.results.size() == before) {
                Thread.sleep(1);
            }
            millis[i] = (System.nanoTime() - start) / 1_000_000;
        }
        Arrays.sort(millis);
        System.out.println(
                "lone messages in a container with groups, ms from publish to commit: " + Arrays.toString(millis));
        assertThat(millis[millis.length / 2]).isLessThan(300); // and not the second that Spring gathers by default
    }
}
