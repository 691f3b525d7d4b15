package io.dedup;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Looks at the database once, at start, so that the first message does not have to. */
final class SchemaCheck {

    private static final String SERVER =
            "SELECT current_setting('server_encoding'), current_setting('transaction_read_only')::boolean, to_regclass(?)::text, to_regclass(?)::text";

    private static final String UNIQUE_KEY = """
            SELECT EXISTS (
                SELECT FROM pg_index
                WHERE indrelid = ?::regclass AND indisunique AND indisvalid AND indimmediate AND indpred IS NULL
                  AND (SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute
                       WHERE attrelid = indrelid AND attnum = ANY (indkey)) = ARRAY['consumer', 'message_id'])""";

    private static final String COLUMNS = """
            SELECT count(*) FILTER (WHERE attname IN ('consumer', 'message_id') AND collname = 'C'),
                   count(*) FILTER (WHERE attname IN ('processed_at', 'fingerprint')),
                   count(*) FILTER (WHERE attname IN ('reply', 'reply_type')),
                   (SELECT bool_and(has_table_privilege(t, p)) FROM unnest(ARRAY[?, ?]) AS t,
                        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p)
            FROM pg_attribute LEFT JOIN pg_collation ON pg_collation.oid = attcollation
            WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped""";

    private SchemaCheck() {}

    static void run(DataSource dataSource, TableName table) {
        Connection connection;
        try {
            connection = dataSource.getConnection();
        } catch (SQLException | RuntimeException e) {
            throw DedupExceptions.noConnection(e);
        }
        try (connection) {
            String product = connection.getMetaData().getDatabaseProductName();
            require(
                    product.equals("PostgreSQL"),
                    "the database is " + product,
                    "use PostgreSQL, the only one that is supported");
            require(!connection.isReadOnly(), "the DataSource's connections are read-only", "give one for writing");
            checkServer(connection, table);
            checkTable(connection, table);
        } catch (SQLException e) {
            throw DedupExceptions.of("check of " + table, e);
        }
    }

    private static void checkServer(Connection connection, TableName table) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(SERVER)) {
            select.setString(1, table.sql());
            select.setString(2, table.attemptsSql());
            ResultSet row = select.executeQuery();
            row.next();
            String encoding = row.getString(1);
            // SQL_ASCII keeps the driver's UTF-8 bytes as they are.
            require(
                    encoding.equals("UTF8") || encoding.equals("SQL_ASCII"),
                    "the database's encoding is " + encoding + ", which cannot hold every message ID",
                    "create it with ENCODING 'UTF8'");
            require(
                    !row.getBoolean(2),
                    "the server accepts no writes (a standby, or default_transaction_read_only)",
                    "connect to the primary");
            require(row.getString(3) != null, "the table " + table + " is missing", Migrations.MIGRATE);
            require(row.getString(4) != null, "the table " + table.attemptsSql() + " is missing", Migrations.MIGRATE);
        }
    }

    private static void checkTable(Connection connection, TableName table) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(COLUMNS)) {
            select.setString(1, table.sql());
            select.setString(2, table.attemptsSql());
            select.setString(3, table.sql());
            ResultSet row = select.executeQuery();
            row.next();
            require(
                    row.getInt(1) == 2,
                    "consumer and message_id of " + table + " are not both columns with COLLATE \"C\"",
                    "make them so, as " + Migrations.SCRIPT + " does");
            require(
                    row.getInt(2) == 2,
                    "processed_at or fingerprint is missing in " + table,
                    "compare with " + Migrations.SCRIPT);
            require(
                    row.getInt(3) == 2,
                    "the columns for replies are missing in " + table,
                    "compare with " + Migrations.SCRIPT);
            require(
                    row.getBoolean(4),
                    "the database user lacks rights",
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON " + table + ", " + table.attemptsSql() + " TO it");
        }
        requireUniqueKey(connection, table.sql());
        requireUniqueKey(connection, table.attemptsSql());
    }

    private static void requireUniqueKey(Connection connection, String table) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(UNIQUE_KEY)) {
            select.setString(1, table);
            ResultSet row = select.executeQuery();
            row.next();
            require(
                    row.getBoolean(1),
                    table + " has no unique index on exactly (consumer, message_id), so it cannot tell duplicates",
                    "apply " + Migrations.SCRIPT + " (and do not partition the table by time)");
        }
    }

    private static void require(boolean met, String what, String action) {
        if (!met) {
            throw new DedupException(Outcome.UNAVAILABLE, what, action, null);
        }
    }
}
