package io.dedup.test;

/** Where a server comes from. */
public enum ServerKind {
    /** The environment names it ({@code DEDUP_JDBC_URL}, {@code DEDUP_AMQP_URI}); it is not ours to restart. */
    ENVIRONMENT,
    /** A Docker container, through Testcontainers. */
    CONTAINER,
    /** A private server of this JVM, run from binaries of Maven (PostgreSQL) or of this machine (RabbitMQ). */
    BINARIES,
    /** Apache Qpid Broker-J inside this JVM: AMQP 0-9-1, but not RabbitMQ. */
    QPID
}
