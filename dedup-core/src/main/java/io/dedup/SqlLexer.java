package io.dedup;

/** Finds where the tokens of an SQL text end. What is never closed ends with the text. */
final class SqlLexer {

    private SqlLexer() {}

    /** Behind blanks and comments. */
    static int skipBlanks(String sql, int from) {
        int at = from;
        while (at < sql.length()) {
            int end = isBlank(sql.charAt(at)) ? at + 1 : endOfComment(sql, at);
            if (end == at) {
                return at;
            }
            at = end;
        }
        return at;
    }

    /** Behind the word that begins here; the same place if none does. */
    static int endOfWord(String sql, int from) {
        if (from >= sql.length() || !beginsWord(sql.charAt(from))) {
            return from;
        }
        int at = from + 1;
        while (at < sql.length() && isInWord(sql.charAt(at))) {
            at++;
        }
        return at;
    }

    /** Behind the comment, literal, quoted name or word that begins here, or else behind this character. */
    static int endOfToken(String sql, int from) {
        char c = sql.charAt(from);
        switch (c) {
            case '\'', '"' -> {
                return endOfQuoted(sql, from, c, false);
            }
            case '$' -> {
                return endOfDollarQuoted(sql, from);
            }
            case '-', '/' -> {
                return Math.max(from + 1, endOfComment(sql, from));
            }
            default -> {
                int end = endOfWord(sql, from);
                boolean escapes = end == from + 1 && (c == 'e' || c == 'E') && sql.startsWith("'", end);
                return escapes ? endOfQuoted(sql, end, '\'', true) : Math.max(from + 1, end);
            }
        }
    }

    /** Doubled quotes need no thought: the literal ends and the next one begins. */
    private static int endOfQuoted(String sql, int from, char quote, boolean escapes) {
        for (int at = from + 1; at < sql.length(); at++) {
            char c = sql.charAt(at);
            if (c == '\\' && escapes) {
                at++;
            } else if (c == quote && escapes && sql.startsWith("'", at + 1)) {
                at++; // where the next one would not know of the escapes
            } else if (c == quote) {
                return at + 1;
            }
        }
        return sql.length();
    }

    private static int endOfDollarQuoted(String sql, int from) {
        int dollar = sql.indexOf('$', from + 1);
        boolean opens = dollar == from + 1 || endOfWord(sql, from + 1) > dollar; // words may hold dollar signs
        if (dollar < 0 || !opens) {
            return from + 1; // a parameter
        }
        int length = dollar + 1 - from;
        for (int at = sql.indexOf('$', dollar + 1); at >= 0; at = sql.indexOf('$', at + 1)) {
            if (sql.regionMatches(at, sql, from, length)) {
                return at + length;
            }
        }
        return sql.length();
    }

    /** The same place if no comment begins here. */
    private static int endOfComment(String sql, int from) {
        if (sql.startsWith("--", from)) {
            int at = from;
            while (at < sql.length() && sql.charAt(at) != '\n' && sql.charAt(at) != '\r') {
                at++;
            }
            return at;
        }
        return sql.startsWith("/*", from) ? endOfBlockComment(sql, from) : from;
    }

    private static int endOfBlockComment(String sql, int from) {
        int depth = 0;
        for (int at = from; at < sql.length(); at++) {
            if (sql.startsWith("/*", at)) {
                depth++;
                at++;
            } else if (sql.startsWith("*/", at)) {
                depth--;
                at++;
            }
            if (depth == 0) {
                return at + 1;
            }
        }
        return sql.length();
    }

    private static boolean isBlank(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    private static boolean beginsWord(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    }

    private static boolean isInWord(char c) {
        return beginsWord(c) || (c >= '0' && c <= '9') || c == '$';
    }
}
