package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.dedup.Dedup;
import io.dedup.Outcome;
import io.dedup.rabbit.Shop;
import io.dedup.spring.Listening.Container;
import io.dedup.test.RequiresRabbitMq;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.annotation.RabbitHandler;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.support.AmqpHeaders;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.handler.annotation.SendTo;

/** What listener methods may look like. */
@Timeout(60)
class HandlersTest extends WithListening {

    private String answers;
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final AtomicInteger runs = new AtomicInteger();

    @BeforeEach
    void open() throws Exception {
        answers = shop.publisher.queueDeclare().getQueue();
        listening.context.getEnvironment().getSystemProperties().put("answers", answers);
    }

    private static BasicProperties text(String id, Map<String, Object> headers) {
        return new BasicProperties.Builder()
                .messageId(id)
                .contentType("text/plain")
                .headers(headers)
                .build();
    }

    static class Arguments {
        private final HandlersTest test;

        Arguments(HandlersTest test) {
            this.test = test;
        }

        @DedupRabbitListener(
                queues = "${queue}",
                consumer = "billing ${queue}",
                messageId = "messageProperties.headers['x-event-id']")
        void on(
                @Payload String body,
                @Header("x-event-id") String event,
                @Header(AmqpHeaders.DELIVERY_TAG) long tag,
                Message message) {
            test.seen.add(body + " " + event + " " + (tag > 0) + " " + message.getBody().length);
            test.listening.save(event);
        }
    }

    @Test
    void payloadHeadersAndMessageAreArgumentsAndTheAnnotationSaysWhoAndWhich() throws Exception {
        listening.start(new Arguments(this));
        shop.publish(text(null, Map.of("x-event-id", "e1")), "hello");
        shop.publish(text(null, Map.of("x-event-id", "e1")), "hello");
        eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(seen).containsExactly("hello e1 true 5");
        assertThat(listening.results.get(0).key().toString()).isEqualTo("billing " + shop.queue + "/e1");
    }

    @DedupRabbitListener(queues = "${queue}", consumer = "whole class")
    static class ByType {
        private final HandlersTest test;

        ByType(HandlersTest test) {
            this.test = test;
        }

        @RabbitHandler
        void onText(String body) {
            Dedup.assertActive();
            test.seen.add("text " + body);
        }

        @RabbitHandler
        void onBytes(byte[] body) {
            Dedup.assertActive();
            test.seen.add("bytes " + body.length);
        }
    }

    @Test
    void aClassMayHaveAHandlerForEachType() throws Exception {
        listening.start(new ByType(this));
        shop.publish(text("1", Map.of()), "hello");
        shop.publish("2");
        shop.publish("2");
        eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 1);
        assertThat(seen).containsExactly("text hello", "bytes 2");
        assertThat(listening.results.get(0).key().consumer()).isEqualTo("whole class");
    }

    static class Plain {
        private final HandlersTest test;

        Plain(HandlersTest test) {
            this.test = test;
        }

        @RabbitListener(queues = "${queue}", containerFactory = "dedupRabbitListenerContainerFactory")
        void on(Message message) {
            Dedup.assertActive();
            test.listening.save(message.getMessageProperties().getMessageId());
        }
    }

    @Test
    void aRabbitListenerThatNamesTheContainerFactoryIsProtected() throws Exception {
        listening.start(new Plain(this));
        shop.publish("1");
        shop.publish("1");
        eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.effects()).isOne();
    }

    static class Answering {
        private final HandlersTest test;

        Answering(HandlersTest test) {
            this.test = test;
        }

        @DedupRabbitListener(queues = "${queue}")
        String on(Message message) {
            test.listening.save(message.getMessageProperties().getMessageId());
            return "receipt " + test.runs.incrementAndGet();
        }
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aRepeatedRequestIsAnsweredWithTheSameWords(Container container) throws Exception {
        for (AcknowledgeMode mode : List.of(AcknowledgeMode.AUTO, AcknowledgeMode.MANUAL)) {
            try (Listening each = new Listening(shop).in(container, mode)) {
                listening = each;
                runs.set(0);
                each.start(new Answering(this));
                String id = mode.name();
                shop.publish(request(id, "first"), "");
                assertAnswer("receipt 1", "first");
                shop.publish(request(id, "second"), "");
                assertAnswer("receipt 1", "second");
                each.assertQueueEmptyAfterStop();
            }
        }
        assertThat(shop.effects()).isEqualTo(2);
        assertThat(shop.publisher.messageCount(answers)).isZero();
    }

    static class SendingTo {
        private final HandlersTest test;

        SendingTo(HandlersTest test) {
            this.test = test;
        }

        @DedupRabbitListener(queues = "${queue}")
        @SendTo("${answers}")
        String on(Message message) {
            test.listening.save(message.getMessageProperties().getMessageId());
            if (test.runs.incrementAndGet() == 1) {
                throw new IllegalStateException("the first time");
            }
            return "receipt " + test.runs;
        }
    }

    @Test
    void anAnswerGoesToWhereTheMethodSaysAndNotBeforeTheCommit() throws Exception {
        listening.start(new SendingTo(this));
        shop.publish("1");
        assertAnswer("receipt 2", "1");
        shop.publish("1");
        assertAnswer("receipt 2", "1");
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(2);
    }

    static class AnsweringInVain {
        private final HandlersTest test;

        AnsweringInVain(HandlersTest test) {
            this.test = test;
        }

        @DedupRabbitListener(queues = "${queue}")
        String on(Message message) {
            if (test.runs.incrementAndGet() == 1) {
                try {
                    test.listening.context.getBean(JdbcTemplate.class).execute("broken");
                } catch (DataAccessException swallowed) {
                    // as handlers do
                }
            }
            return "receipt " + test.runs;
        }
    }

    @Test
    @RequiresRabbitMq // where what is rejected does not come again
    void whatIsRolledBackIsNotAnswered() throws Exception {
        listening.with(protection -> protection.maxAttempts(1)).start(new AnsweringInVain(this));
        shop.publish(request("1", "first"), "");
        eventually().until(() -> listening.outcomes(Outcome.FAILED) == 1);
        shop.publish(request("2", "second"), "");
        assertAnswer("receipt 2", "second");
        assertThat(shop.publisher.messageCount(answers)).isZero();
    }

    private BasicProperties request(String id, String correlation) {
        return Shop.request(id, correlation, answers);
    }

    private void assertAnswer(String body, String correlation) throws Exception {
        shop.assertAnswer(answers, body, correlation);
    }
}
