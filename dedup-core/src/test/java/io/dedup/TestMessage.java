package io.dedup;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A message of no broker's. */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
record TestMessage(Map<String, Object> properties, Map<String, Object> headers, byte[] body) implements MessageView {

    @Override
    public @Nullable Object property(String name) {
        return properties.get(name);
    }

    @Override
    public @Nullable Object header(String name) {
        return headers.get(name);
    }
}
