package io.dedup;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where the keys are: a table, in a schema or wherever the connection's search path finds it. */
record TableName(@Nullable String schema, String table) {

    static final String DEFAULT = "processed_message";

    private static final String ATTEMPTS = "_attempt";
    private static final String HISTORY = "_schema_history";
    // PostgreSQL cuts names after 63 bytes; what belongs to the table adds to its name.
    private static final int LONGEST = 63 - HISTORY.length();
    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_$]*");

    TableName {
        check("table", table);
        if (schema != null) {
            check("schema", schema);
        }
    }

    /** Quoted, so that upper case and reserved words mean what they say. */
    String sql() {
        return qualified(table);
    }

    /** The table of failed attempts, beside it. */
    String attemptsSql() {
        return qualified(table + ATTEMPTS);
    }

    /** Flyway's history; one for each table, so that several can share a schema. */
    String history() {
        return table.equals(DEFAULT) ? "dedup_schema_history" : table + HISTORY;
    }

    String quoted() {
        return quote(table);
    }

    String quotedAttempts() {
        return quote(table + ATTEMPTS);
    }

    private String qualified(String name) {
        return schema == null ? quote(name) : quote(schema) + "." + quote(name);
    }

    private static String quote(String identifier) {
        return '"' + identifier + '"';
    }

    private static void check(String part, String identifier) {
        if (identifier.length() > LONGEST || !IDENTIFIER.matcher(identifier).matches()) {
            throw new IllegalArgumentException(part + " '" + identifier
                    + "' is not a name of letters, digits, _ and $ that starts with a letter and has at most " + LONGEST
                    + " characters");
        }
    }

    @Override
    public String toString() {
        return sql();
    }
}
