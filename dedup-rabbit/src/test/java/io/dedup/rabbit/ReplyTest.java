package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.GetResponse;
import io.dedup.Reply;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ServersExtension.class)
@Timeout(60)
class ReplyTest {

    private Shop shop;
    private String answers;
    private final AtomicInteger runs = new AtomicInteger();

    @BeforeEach
    void open(BrokerServer broker, Database database) throws Exception {
        shop = new Shop(broker, database);
        answers = shop.publisher.queueDeclare().getQueue();
    }

    @AfterEach
    void close() throws Exception {
        shop.close();
    }

    @Test
    void aRequestIsAnsweredAndARepeatedOneIsAnsweredWithTheSameWords() throws Exception {
        try (DedupConsumer consumer = shop.consumer().startReplying((tx, request) -> {
            shop.save(tx, "1");
            return new Reply(("receipt " + runs.incrementAndGet()).getBytes(StandardCharsets.UTF_8), "text/plain");
        })) {
            shop.publish(request("1", "first"), "");
            assertAnswer("receipt 1", "first");
            shop.publish(request("1", "second"), "");
            assertAnswer("receipt 1", "second");
            shop.assertEmptyAfter(consumer);
        }
        assertThat(runs).hasValue(1);
        assertThat(shop.publisher.messageCount(answers)).isZero();
    }

    @Test
    void aReplyThatIsTooLargeIsAFailureThatSaysSo() throws Exception {
        try (DedupConsumer consumer = shop.consumer().maxAttempts(1).startReplying((tx, request) -> {
            shop.save(tx, "1");
            return new Reply(new byte[Reply.MAX_BYTES + 1], null);
        })) {
            shop.publish(request("1", "1"), "");
            eventually().until(() -> shop.publisher.messageCount(shop.queue + ".dead") == 1);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.deadLetter()
                        .getProps()
                        .getHeaders()
                        .get("x-dedup-exception-message")
                        .toString())
                .contains("the reply has 65537 bytes, more than 65536");
        assertThat(shop.effects()).isZero();
    }

    @Test
    void aReplyThatAmqpCannotCarryDoesNotEndTheConsumer() throws Exception {
        try (DedupConsumer consumer = shop.consumer()
                .maxAttempts(1)
                .startReplying((tx, request) -> new Reply(new byte[0], "x".repeat(256)))) {
            shop.publish(request("1", "1"), "");
            eventually().until(() -> shop.publisher.messageCount(shop.queue + ".dead") == 1);
            assertThat(consumer.state().phase()).isEqualTo(ConsumerState.Phase.RUNNING);
            shop.assertEmptyAfter(consumer);
        }
    }

    @Test
    void aReplyToAQueueThatIsGoneDoesNotKeepTheRequest() throws Exception {
        try (DedupConsumer consumer = shop.consumer().startReplying((tx, request) -> new Reply(new byte[] {1}, null))) {
            shop.publisher.queueDelete(answers);
            shop.publish(request("1", "1"), "");
            eventually().until(() -> shop.keys() == 1);
            shop.assertEmptyAfter(consumer);
        }
    }

    private BasicProperties request(String id, String correlation) {
        return new BasicProperties.Builder()
                .messageId(id)
                .correlationId(correlation)
                .replyTo(answers)
                .build();
    }

    private void assertAnswer(String body, String correlation) throws Exception {
        eventually().until(() -> shop.publisher.messageCount(answers) == 1);
        GetResponse answer = shop.publisher.basicGet(answers, true);
        assertThat(new String(answer.getBody(), StandardCharsets.UTF_8)).isEqualTo(body);
        assertThat(answer.getProps().getCorrelationId()).isEqualTo(correlation);
        assertThat(answer.getProps().getContentType()).isEqualTo("text/plain");
    }
}
