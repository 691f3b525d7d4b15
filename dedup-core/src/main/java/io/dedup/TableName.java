package io.dedup;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where the keys are: a table, in a schema or wherever the connection's search path finds it. */
record TableName(@Nullable String schema, String table) {

    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_$]{0,62}");

    TableName {
        check("table", table);
        if (schema != null) {
            check("schema", schema);
        }
    }

    /** Quoted, so that upper case and reserved words mean what they say. */
    String sql() {
        return schema == null ? quote(table) : quote(schema) + "." + quote(table);
    }

    static String quote(String identifier) {
        return '"' + identifier + '"';
    }

    private static void check(String part, String identifier) {
        if (!IDENTIFIER.matcher(identifier).matches()) {
            throw new IllegalArgumentException(
                    part + " '" + identifier
                            + "' is not a name of letters, digits, _ and $ that starts with a letter and has at most 63 characters");
        }
    }

    @Override
    public String toString() {
        return sql();
    }
}
