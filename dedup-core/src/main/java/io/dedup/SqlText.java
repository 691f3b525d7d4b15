package io.dedup;

/**
 * What a handler's SQL does to the transaction and the session that it shares with others, as far as its text tells.
 * Reads it by PostgreSQL's lexical rules, with {@code standard_conforming_strings} on. Almost every text is one statement
 * without a semicolon, of which only the first word is looked at. Allocates nothing.
 *
 * @see <a href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html">PostgreSQL, lexical structure</a>
 */
final class SqlText {

    enum Effect {
        NONE,

        /** Settings of the session are changed, perhaps for the transaction only. */
        SETTINGS,

        /** A transaction is begun or ended. Savepoints are not meant. */
        TRANSACTION
    }

    private SqlText() {}

    static Effect effectOf(String sql) {
        Effect effect = mentionsSetConfig(sql) ? Effect.SETTINGS : Effect.NONE;
        for (int at = 0; at < sql.length(); at = nextStatement(sql, at)) {
            at = SqlLexer.skipBlanks(sql, at);
            int end = SqlLexer.endOfWord(sql, at);
            if (controlsTransaction(sql, at, end)) {
                return Effect.TRANSACTION;
            }
            if (changesSettings(sql, at, end)) {
                effect = Effect.SETTINGS;
            }
        }
        return effect;
    }

    private static boolean controlsTransaction(String sql, int at, int end) {
        return switch (end - at) {
            case 3 -> is("END", sql, at, end);
            case 5 -> is("BEGIN", sql, at, end) || is("START", sql, at, end) || is("ABORT", sql, at, end);
            case 6 -> is("COMMIT", sql, at, end);
            case 7 -> is("PREPARE", sql, at, end) && isNext("TRANSACTION", sql, end);
            case 8 -> is("ROLLBACK", sql, at, end) && !isToSavepoint(sql, end);
            default -> false;
        };
    }

    private static boolean isToSavepoint(String sql, int end) {
        boolean filler = isNext("WORK", sql, end) || isNext("TRANSACTION", sql, end);
        return isNext("TO", sql, filler ? SqlLexer.endOfWord(sql, SqlLexer.skipBlanks(sql, end)) : end);
    }

    private static boolean changesSettings(String sql, int at, int end) {
        return switch (end - at) {
            case 3 -> is("SET", sql, at, end) && !isNext("CONSTRAINTS", sql, end);
            case 5 -> is("RESET", sql, at, end);
            case 7 -> is("DISCARD", sql, at, end);
            default -> false;
        };
    }

    /** Anywhere, also in the body of a DO or in a name of the application's own: too much costs only time. */
    private static boolean mentionsSetConfig(String sql) {
        for (int at = sql.indexOf('_'); at >= 0; at = sql.indexOf('_', at + 1)) {
            if (sql.regionMatches(true, at - 3, "set_config", 0, 10)) {
                return true;
            }
        }
        return false;
    }

    /** Behind the next semicolon that stands neither in parentheses (rules) nor in a routine's BEGIN ATOMIC … END. */
    private static int nextStatement(String sql, int from) {
        if (sql.indexOf(';', from) < 0) {
            return sql.length();
        }
        boolean creates = is("CREATE", sql, from, SqlLexer.endOfWord(sql, from));
        int parentheses = 0;
        int blocks = 0;
        for (int at = from; at < sql.length(); ) {
            char c = sql.charAt(at);
            int end = SqlLexer.endOfWord(sql, at);
            if (c == ';' && parentheses == 0 && blocks == 0) {
                return at + 1;
            } else if (c == '(') {
                parentheses++;
            } else if (c == ')' && parentheses > 0) {
                parentheses--;
            } else if (creates && parentheses == 0) {
                blocks += nesting(sql, at, end, blocks);
            }
            at = SqlLexer.endOfToken(sql, at);
        }
        return sql.length();
    }

    /** What a word adds to the number of open blocks: CASE ends with an END too. */
    private static int nesting(String sql, int at, int end, int blocks) {
        if (blocks == 0) {
            return is("BEGIN", sql, at, end) && isNext("ATOMIC", sql, end) ? 1 : 0;
        }
        return is("BEGIN", sql, at, end) || is("CASE", sql, at, end) ? 1 : is("END", sql, at, end) ? -1 : 0;
    }

    private static boolean isNext(String word, String sql, int from) {
        int at = SqlLexer.skipBlanks(sql, from);
        return is(word, sql, at, SqlLexer.endOfWord(sql, at));
    }

    private static boolean is(String word, String sql, int at, int end) {
        return end - at == word.length() && sql.regionMatches(true, at, word, 0, word.length());
    }
}
