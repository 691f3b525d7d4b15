package io.dedup;

import org.jspecify.annotations.Nullable;

/** An ID in a JSON body, read no further than to the ID itself, by whichever Jackson is there. */
final class JsonPointerId implements MessageIdResolver {

    /** Reads with one line of Jackson, whose types differ. Null if nothing is there. */
    interface Reader {
        @Nullable String read(byte[] json);
    }

    private final Reader reader;

    private JsonPointerId(Reader reader) {
        this.reader = reader;
    }

    static JsonPointerId at(String pointer) {
        if (isPresent("tools.jackson.core.json.JsonFactory")) {
            return new JsonPointerId(new Jackson3Reader(pointer));
        }
        if (isPresent("com.fasterxml.jackson.core.JsonFactory")) {
            return new JsonPointerId(new Jackson2Reader(pointer));
        }
        throw new IllegalStateException("jsonPointer needs Jackson; add tools.jackson.core:jackson-core (Jackson 3) or"
                + " com.fasterxml.jackson.core:jackson-core (Jackson 2) to the class path");
    }

    private static boolean isPresent(String className) {
        try {
            Class.forName(className, false, JsonPointerId.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    @Override
    public @Nullable String resolve(MessageView message) {
        return reader.read(message.body());
    }

    static IllegalArgumentException notScalar(String pointer) {
        return new IllegalArgumentException(
                "JSON pointer '" + pointer + "' leads to an object or array, which cannot be an ID");
    }

    static IllegalArgumentException notJson(String pointer, String problem, Exception cause) {
        return new IllegalArgumentException(
                "the body is not JSON, so there is no ID at '" + pointer + "': " + problem, cause);
    }
}
