package io.dedup.test;

import java.nio.charset.StandardCharsets;

/** Finds texts in a stream that comes in chunks, also where the chunks split them. Bytes are Latin-1 characters here. */
final class StreamSearch {
    static final int LONGEST_TEXT = 1024;

    private String tail = "";

    /** Whether the text ends in this chunk; it may have begun in earlier ones. */
    boolean isCompletedBy(byte[] chunk, String text) {
        int before = Math.min(tail.length(), text.length() - 1);
        return (tail.substring(tail.length() - before) + latin1(chunk)).contains(text);
    }

    void add(byte[] chunk) {
        String all = tail + latin1(chunk);
        tail = all.substring(Math.max(0, all.length() - LONGEST_TEXT));
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
