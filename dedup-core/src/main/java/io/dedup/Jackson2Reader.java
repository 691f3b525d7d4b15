package io.dedup;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.filter.FilteringParserDelegate;
import com.fasterxml.jackson.core.filter.JsonPointerBasedFilter;
import com.fasterxml.jackson.core.filter.TokenFilter;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** With Jackson 2, which Spring Boot 3 brings. */
final class Jackson2Reader implements JsonPointerId.Reader {

    private static final JsonFactory JSON = new JsonFactory();

    private final String text;
    private final JsonPointer pointer;

    Jackson2Reader(String pointer) {
        this.text = pointer;
        this.pointer = JsonPointer.compile(pointer);
    }

    @Override
    public @Nullable String read(byte[] json) {
        try (JsonParser body = JSON.createParser(json);
                JsonParser found = new FilteringParserDelegate(
                        body, new JsonPointerBasedFilter(pointer), TokenFilter.Inclusion.ONLY_INCLUDE_ALL, false)) {
            JsonToken token = found.nextToken();
            if (token == null || token == JsonToken.VALUE_NULL) {
                return null;
            }
            if (!token.isScalarValue()) {
                throw JsonPointerId.notScalar(text);
            }
            return found.getText();
        } catch (JsonProcessingException e) {
            throw JsonPointerId.notJson(text, e.getOriginalMessage(), e);
        } catch (IOException e) { // of bytes in memory
            throw new UncheckedIOException(e);
        }
    }
}
