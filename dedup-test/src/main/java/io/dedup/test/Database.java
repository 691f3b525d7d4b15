package io.dedup.test;

import static java.util.Objects.requireNonNull;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL database and how to reach it.
 *
 * @param host host name or address
 * @param port TCP port
 * @param name of the database
 * @param user who owns it
 * @param password of the user; may be empty
 * @param parameters further pgjdbc connection parameters, as in the query part of a JDBC URL
 */
public record Database(
        String host, int port, String name, String user, String password, Map<String, String> parameters) {
    /**
     * Checks that nothing is null and copies the parameters.
     *
     * @param host host name or address
     * @param port TCP port
     * @param name of the database
     * @param user who owns it
     * @param password of the user; may be empty
     * @param parameters further pgjdbc connection parameters
     */
    public Database {
        requireNonNull(host, "host");
        requireNonNull(name, "name");
        requireNonNull(user, "user");
        requireNonNull(password, "password");
        parameters = Map.copyOf(parameters);
    }

    /**
     * A database that needs no further parameters.
     *
     * @param host host name or address
     * @param port TCP port
     * @param name of the database
     * @param user who owns it
     * @param password of the user; may be empty
     */
    public Database(String host, int port, String name, String user, String password) {
        this(host, port, name, user, password, Map.of());
    }

    /** Reads a URL as {@code DEDUP_JDBC_URL} holds it, in the way that pgjdbc reads it. */
    static Database parse(String jdbcUrl) {
        Properties read = Driver.parseURL(jdbcUrl, null);
        String ports = read == null ? "," : PGProperty.PG_PORT.getOrDefault(read);
        if (read == null || ports == null || ports.contains(",")) {
            throw new ServerException("Cannot read DEDUP_JDBC_URL. It must name one PostgreSQL server, as in"
                    + " jdbc:postgresql://localhost:5432/postgres?user=postgres&password=secret");
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        new TreeSet<>(read.stringPropertyNames()).forEach(key -> parameters.put(key, read.getProperty(key)));
        String host = taken(parameters, PGProperty.PG_HOST, "localhost");
        String user = taken(parameters, PGProperty.USER, System.getProperty("user.name"));
        taken(parameters, PGProperty.PG_PORT, ports);
        return new Database(
                host,
                Integer.parseInt(ports),
                taken(parameters, PGProperty.PG_DBNAME, user),
                user,
                taken(parameters, PGProperty.PASSWORD, ""),
                parameters);
    }

    private static String taken(Map<String, String> parameters, PGProperty property, String otherwise) {
        @Nullable String value = parameters.remove(property.getName());
        return value == null ? otherwise : value;
    }

    /**
     * The URL of this database with user and password in it, so that it is all a connection, or another process, needs.
     *
     * @return a URL as {@code DEDUP_JDBC_URL} takes it
     */
    public String jdbcUrl() {
        Map<String, String> query = new LinkedHashMap<>();
        query.put(PGProperty.USER.getName(), user);
        if (!password.isEmpty()) {
            query.put(PGProperty.PASSWORD.getName(), password);
        }
        query.putAll(parameters);
        return "jdbc:postgresql://" + host + ":" + port + "/" + encoded(name) + "?"
                + query.entrySet().stream()
                        .map(e -> e.getKey() + "=" + encoded(e.getValue()))
                        .collect(Collectors.joining("&"));
    }

    /**
     * Unpooled connections to this database.
     *
     * @return a new data source that opens a connection per call
     */
    public DataSource dataSource() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setURL(jdbcUrl());
        return dataSource;
    }

    /**
     * The same database, reached through a proxy.
     *
     * @param proxy a proxy to this database's server
     * @return a database that differs in host and port
     */
    public Database through(TcpProxy proxy) {
        return new Database(TcpProxy.HOST, proxy.port(), name, user, password, parameters);
    }

    Database named(String other) {
        return new Database(host, port, other, user, password, parameters);
    }

    /** Without the password, which may be a real one when the environment names the server. */
    @Override
    public String toString() {
        return "database " + name + " of " + user + " at " + host + ":" + port;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
