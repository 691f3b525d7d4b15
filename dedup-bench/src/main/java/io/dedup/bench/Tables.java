package io.dedup.bench;

import io.dedup.Deduplicator;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;

/** What the handlers write, and where each contestant keeps the messages that it has processed. */
final class Tables {

    static final String LIBRARY = "processed_message";
    static final String HAND_WRITTEN = "inbox";
    static final String CAMEL = "camel_messageprocessed";
    static final String INTEGRATION = "int_metadata_store";
    static final String EVENTUATE = "received_messages";
    private static final List<String> KEYS = List.of(LIBRARY, HAND_WRITTEN, CAMEL, INTEGRATION, EVENTUATE);

    // As in the rivals' documentation and scripts. No unique constraint on effect: doubled effects shall be seen, not
    // prevented.
    private static final String CREATE = """
            CREATE TABLE effect (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message_id text NOT NULL,
                account integer NOT NULL, amount integer NOT NULL, at timestamptz NOT NULL DEFAULT now());
            CREATE TABLE account (id integer PRIMARY KEY, balance bigint NOT NULL);
            CREATE TABLE inbox (message_id text PRIMARY KEY, processed_at timestamptz NOT NULL DEFAULT now());
            CREATE TABLE camel_messageprocessed (
                processorName varchar(255), messageId varchar(100), createdAt timestamp,
                PRIMARY KEY (processorName, messageId));
            CREATE TABLE int_metadata_store (
                metadata_key varchar(255) NOT NULL, metadata_value varchar(4000), region varchar(100) NOT NULL,
                CONSTRAINT int_metadata_store_pk PRIMARY KEY (metadata_key, region));
            CREATE TABLE received_messages (
                consumer_id varchar(1000), message_id varchar(1000), creation_time bigint,
                published smallint DEFAULT 0, PRIMARY KEY (consumer_id, message_id))""";

    private final DataSource dataSource;

    Tables(DataSource dataSource) throws SQLException {
        this.dataSource = dataSource;
        Deduplicator.create(dataSource).admin().migrate();
        execute(CREATE);
    }

    /** Every measurement starts with the same: empty tables, fresh balances. */
    void reset() throws SQLException {
        execute("TRUNCATE effect, account, " + String.join(", ", KEYS));
        execute("INSERT INTO account SELECT n, 0 FROM generate_series(0, " + (Order.ACCOUNTS - 1) + ") AS n");
    }

    /** Every order once, each balance's changes too; or what is wrong. */
    void verify(String contestant, Load load, boolean balances) throws SQLException {
        long rows = number("SELECT count(*) FROM effect");
        long orders = number("SELECT count(DISTINCT message_id) FROM effect");
        long sum = number("SELECT coalesce(sum(balance), 0) FROM account");
        long expected = balances ? load.sum() : 0;
        if (rows != load.orders() || orders != load.orders() || sum != expected) {
            throw new IllegalStateException("%s is wrong: %d effects of %d orders for %d messages, balances %d for %d"
                    .formatted(contestant, rows, orders, load.orders(), sum, expected));
        }
    }

    long rowsIn(String table) throws SQLException {
        return number("SELECT count(*) FROM " + table);
    }

    /** Grows by each byte of the write-ahead log. */
    long logPosition() throws SQLException {
        return number("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint");
    }

    private long number(String sql) throws SQLException {
        return Long.parseLong(text(sql));
    }

    /** The first column of the first row. */
    String text(String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }

    void execute(String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
