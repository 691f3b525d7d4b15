package io.dedup;

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

/** With Jackson 3, which Spring Boot 4 brings. */
final class Jackson3Reader implements JsonPointerId.Reader {

    private static final JsonFactory JSON = new JsonFactory();

    private final String text;
    private final JsonPointer pointer;

    Jackson3Reader(String pointer) {
        this.text = pointer;
        this.pointer = JsonPointer.compile(pointer);
    }

    @Override
    public @Nullable String read(byte[] json) {
        try (JsonParser body = JSON.createParser(ObjectReadContext.empty(), json);
                JsonParser found = new FilteringParserDelegate(
                        body, new JsonPointerBasedFilter(pointer), TokenFilter.Inclusion.ONLY_INCLUDE_ALL, false)) {
            JsonToken token = found.nextToken();
            if (token == null || token == JsonToken.VALUE_NULL) {
                return null;
            }
            if (!token.isScalarValue()) {
                throw JsonPointerId.notScalar(text);
            }
            return found.getString();
        } catch (JacksonException e) {
            throw JsonPointerId.notJson(text, e.getOriginalMessage(), e);
        }
    }
}
