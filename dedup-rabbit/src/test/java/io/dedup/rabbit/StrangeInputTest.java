package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.dedup.ConsumerState;
import io.dedup.DifferentBody;
import io.dedup.MessageIdResolver;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever a publisher sends: processed, or put aside with a reason, and the consumer goes on. */
@Timeout(120)
@SuppressWarnings("JavaUtilDate") // AMQP speaks it
class StrangeInputTest extends WithShop {

    private static final int MESSAGES = 400;

    @Test
    void everyMessageIsProcessedOrPutAsideAndNoneStallsTheConsumer() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        MessageIdResolver resolver =
                MessageIdResolver.property().orHeader("x-event-id").orElse(MessageIdResolver.jsonPointer("/id"));
        AtomicInteger seen = new AtomicInteger();
        MessageIdResolver counting = delivery -> {
            seen.incrementAndGet();
            return resolver.resolve(delivery);
        };
        try (DedupConsumer consumer = shop.consumer()
                .messageId(counting)
                .onDifferentBody(DifferentBody.DEAD_LETTER)
                .concurrency(2)
                .start((tx, delivery) -> shop.save(tx, "some"))) {
            for (int i = 0; i < MESSAGES; i++) {
                byte[] body = i == 7 ? new byte[16 * 1024 * 1024] : body(random);
                shop.publisher.basicPublish("", shop.queue, true, properties(random), body);
                shop.publisher.waitForConfirmsOrDie(30_000);
            }
            eventually().until(() -> seen.get() >= MESSAGES);
            assertThat(consumer.state().phase()).isEqualTo(ConsumerState.Phase.RUNNING);
            shop.assertEmptyAfter(consumer);
        }
        long dead = shop.publisher.messageCount(shop.queue + ".dead");
        assertThat(shop.effects()).as("seed %d", seed).isEqualTo(shop.keys()).isPositive();
        assertThat(dead).as("seed %d", seed).isPositive();
        for (long i = 0; i < dead; i++) {
            assertThat(shop.deadLetter().getProps().getHeaders()).containsKey("x-dedup-reason");
        }
    }

    private static BasicProperties properties(Random random) {
        BasicProperties.Builder properties = new BasicProperties.Builder();
        if (random.nextInt(4) > 0) {
            properties.messageId(text(random, 255));
        }
        if (random.nextBoolean()) {
            properties.headers(headers(random, 2));
        }
        return properties
                .replyTo(random.nextInt(10) == 0 ? "no such queue" : null)
                .timestamp(random.nextBoolean() ? new Date(Math.abs(random.nextLong() % 4_000_000_000L) * 1000) : null)
                .contentType(random.nextBoolean() ? text(random, 100) : null)
                .priority(random.nextInt(10))
                .deliveryMode(2)
                .build();
    }

    private static Map<String, Object> headers(Random random, int depth) {
        Map<String, Object> headers = new HashMap<>();
        List<Object> values = new ArrayList<>(List.of(
                (byte) 1,
                (short) 2,
                3,
                4L,
                1.5f,
                2.5,
                new BigDecimal("1.25"),
                true,
                new Date(Instant.now().toEpochMilli()),
                new byte[] {0, 1},
                List.of("a", 1)));
        values.add(text(random, 300));
        values.add(null);
        if (depth > 0) {
            values.add(headers(random, depth - 1));
        }
        headers.put("x-event-id", values.get(random.nextInt(values.size())));
        headers.put("x-delivery-count", values.get(random.nextInt(values.size())));
        return headers;
    }

    /** At most so many bytes of UTF-8, of any characters: control characters, NUL, many bytes each. */
    private static String text(Random random, int bytes) {
        String[] alphabets = {"abc-123", "\0\1\t\n\u007f", "äöü", "日本語", "😀🎉", " ", "\u200b\u0130\u0131"};
        String alphabet = alphabets[random.nextInt(alphabets.length)];
        int length = random.nextInt(bytes + 1);
        StringBuilder text = new StringBuilder();
        while (true) {
            int[] characters = alphabet.codePoints().toArray();
            String next = text.toString() + Character.toString(characters[random.nextInt(characters.length)]);
            if (next.getBytes(StandardCharsets.UTF_8).length > length) {
                return text.toString();
            }
            text = new StringBuilder(next);
        }
    }

    private static byte[] body(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> new byte[0];
            case 1 -> ("{\"id\": \"" + random.nextInt(50) + "\"}").getBytes(StandardCharsets.UTF_8);
            case 2 -> "{not json".getBytes(StandardCharsets.UTF_8);
            default -> {
                byte[] noise = new byte[random.nextInt(2_000)];
                random.nextBytes(noise);
                yield noise;
            }
        };
    }

    /** A program that moves messages copies their headers; the count is another queue's. */
    @Test
    void aDeliveryCountThatAPublisherHasCopiedIsNotBelieved() throws Exception {
        try (DedupConsumer consumer = shop.consumer().start(shop.save())) {
            shop.publish(
                    new BasicProperties.Builder()
                            .messageId("1")
                            .headers(Map.of("x-delivery-count", 25))
                            .build(),
                    "{}");
            eventually().until(() -> shop.effects() == 1);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.publisher.messageCount(shop.queue + ".dead")).isZero();
    }
}
