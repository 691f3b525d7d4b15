package io.dedup.test;

/** A running PostgreSQL. */
interface PostgresNode extends Node {
    /** The database, and the user allowed to create others, that came with the server. */
    Database home();

    @Override
    default String host() {
        return home().host();
    }

    @Override
    default int port() {
        return home().port();
    }
}
