package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.dedup.ConsumerState;
import io.dedup.Reply;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReplyTest extends WithShop {

    private String answers;
    private final AtomicInteger runs = new AtomicInteger();

    @BeforeEach
    void open() throws Exception {
        answers = shop.publisher.queueDeclare().getQueue();
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
        return Shop.request(id, correlation, answers);
    }

    private void assertAnswer(String body, String correlation) throws Exception {
        shop.assertAnswer(answers, body, correlation);
    }
}
