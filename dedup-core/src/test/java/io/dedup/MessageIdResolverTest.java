package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageIdResolverTest {

    @Test
    void theProperty() {
        assertThat(MessageIdResolver.property().resolve(delivery("7", Map.of(), "")))
                .isEqualTo("7");
        assertThat(MessageIdResolver.property().resolve(delivery(null, Map.of(), "")))
                .isNull();
    }

    @Test
    void aHeaderOfTextOrAWholeNumber() {
        MessageIdResolver header = MessageIdResolver.header("x-event-id");
        for (Object value : List.of("42", 42, 42L, (short) 42, (byte) 42)) {
            assertThat(header.resolve(delivery(null, Map.of("x-event-id", value), "")))
                    .isEqualTo("42");
        }
        assertThat(header.resolve(delivery(null, Map.of(), ""))).isNull();
        assertThat(header.resolve(delivery(null, null, ""))).isNull();
        for (Object value : List.of(List.of("42"), Map.of(), 4.2, true, new byte[] {42})) {
            assertThatThrownBy(() -> header.resolve(delivery(null, Map.of("x-event-id", value), "")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("header 'x-event-id' is a");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"order": {"id": "a-1"}}               | a-1
                    {"order": {"x": [1], "id": 17}}        | 17
                    {"order": {"id": 1.50}}                | 1.50
                    {"order": {"id": true}}                | true
                    {"order": {"id": "çığ"}, "order2": 1}  | çığ
                    {"order": {"id": null}}                |
                    {"order": {}}                          |
                    []                                     |
                    "text"                                 |
                    """)
    void aPlaceInAJsonBody(String body, String id) {
        assertThat(MessageIdResolver.jsonPointer("/order/id").resolve(delivery(null, null, body)))
                .isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"<order/>", "{\"order\": ", "{order: 1}", "\u0000"})
    void aBodyThatIsNotJsonIsRefusedWithAClearReason(String body) {
        assertThatThrownBy(() -> MessageIdResolver.jsonPointer("/order/id").resolve(delivery(null, null, body)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the body is not JSON, so there is no ID at '/order/id'");
    }

    @Test
    void anEmptyBodyHasNoId() {
        assertThat(MessageIdResolver.jsonPointer("/id").resolve(delivery(null, null, "")))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"id\": {}}", "{\"id\": [1]}"})
    void anObjectOrArrayCannotBeAnId(String body) {
        assertThatThrownBy(() -> MessageIdResolver.jsonPointer("/id").resolve(delivery(null, null, body)))
                .hasMessageContaining("cannot be an ID");
    }

    @Test
    void aMalformedPointerIsRefusedAtOnce() {
        assertThatThrownBy(() -> MessageIdResolver.jsonPointer("id")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void oneOrElseTheNext() {
        MessageIdResolver chain = MessageIdResolver.property()
                .orHeader("x-event-id")
                .orElse(MessageIdResolver.jsonPointer("/id"))
                .orElse(MessageIdResolver.bodyHash());
        assertThat(chain.resolve(delivery("p", Map.of("x-event-id", "h"), "{\"id\":1}")))
                .isEqualTo("p");
        assertThat(chain.resolve(delivery(" ", Map.of("x-event-id", "h"), "{\"id\":1}")))
                .isEqualTo("h");
        assertThat(chain.resolve(delivery(null, Map.of(), "{\"id\":1}"))).isEqualTo("1");
        assertThat(chain.resolve(delivery(null, Map.of(), "{}"))).hasSize(64);
    }

    @Test
    void anotherProperty() {
        Object timestamp = Date.from(Instant.EPOCH);
        MessageView message =
                new TestMessage(Map.of("correlation-id", "c-1", "timestamp", timestamp), Map.of(), new byte[0]);
        assertThat(MessageIdResolver.property("correlation-id").resolve(message))
                .isEqualTo("c-1");
        assertThat(MessageIdResolver.property("type").resolve(message)).isNull();
        assertThat(MessageIdResolver.property("timestamp").resolve(message))
                .as("whatever it is, as text")
                .isEqualTo(timestamp.toString());
    }

    @Test
    void aResolverOfTheApplicationsOwnSeesPropertiesHeadersAndBody() {
        MessageIdResolver own =
                message -> message.property("type") + "/" + message.header("tenant") + "/" + message.body().length;
        assertThat(own.resolve(new TestMessage(Map.of("type", "order"), Map.of("tenant", 7), new byte[3])))
                .isEqualTo("order/7/3");
    }

    private static MessageView delivery(@Nullable String id, @Nullable Map<String, Object> headers, String body) {
        Map<String, Object> properties = id == null ? Map.of() : Map.of("message-id", id);
        return new TestMessage(properties, headers == null ? Map.of() : headers, body.getBytes(StandardCharsets.UTF_8));
    }
}
