package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonPointer;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.filter.FilteringParserDelegate;
import tools.jackson.core.filter.JsonPointerBasedFilter;
import tools.jackson.core.filter.TokenFilter;
import tools.jackson.core.json.JsonFactory;

/** An ID in a JSON body, read no further than to the ID itself. */
final class JsonPointerId implements MessageIdResolver {

    private static final JsonFactory JSON = new JsonFactory();

    private final String text;
    private final JsonPointer pointer;

    JsonPointerId(String pointer) {
        this.text = pointer;
        this.pointer = JsonPointer.compile(pointer);
    }

    @Override
    public @Nullable String resolve(Delivery delivery) {
        try (JsonParser body = JSON.createParser(ObjectReadContext.empty(), delivery.getBody());
                JsonParser found = new FilteringParserDelegate(
                        body, new JsonPointerBasedFilter(pointer), TokenFilter.Inclusion.ONLY_INCLUDE_ALL, false)) {
            JsonToken token = found.nextToken();
            if (token == null || token == JsonToken.VALUE_NULL) {
                return null;
            }
            if (!token.isScalarValue()) {
                throw new IllegalArgumentException(
                        "JSON pointer '" + text + "' leads to an object or array, which cannot be an ID");
            }
            return found.getString();
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    "the body is not JSON, so there is no ID at '" + text + "': " + e.getOriginalMessage(), e);
        }
    }
}
