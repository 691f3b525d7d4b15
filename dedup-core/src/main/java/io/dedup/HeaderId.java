package io.dedup;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** An ID in a header. */
record HeaderId(String name) implements MessageIdResolver {

    HeaderId {
        requireNonNull(name, "name");
    }

    @Override
    public @Nullable String resolve(MessageView message) {
        Object value = message.header(name);
        if (value == null) {
            return null;
        }
        if (value instanceof String
                || value instanceof Long
                || value instanceof Integer
                || value instanceof Short
                || value instanceof Byte) {
            return value.toString();
        }
        throw new IllegalArgumentException("header '" + name + "' is a "
                + value.getClass().getSimpleName() + ", which cannot be an ID; publish it as text or a whole number");
    }
}
