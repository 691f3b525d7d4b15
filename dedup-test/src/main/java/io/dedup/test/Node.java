package io.dedup.test;

/** One running server, however it came to run; what {@link PostgresServer} and {@link BrokerServer} stand on. */
interface Node extends AutoCloseable {
    ServerKind kind();

    /** A few words for people, as in "own binaries". */
    String origin();

    String host();

    int port();

    boolean canRestart();

    /** Ends the server as a crash would; returns when it is gone. */
    void kill();

    /** Starts it again, with the same port and data; returns when it answers. */
    void startAgain();

    /** Stops the server and removes what it left; does nothing the second time. */
    @Override
    void close();

    /** A node that belongs to somebody else, or that would lose its data. */
    interface Unrestartable extends Node {
        @Override
        default boolean canRestart() {
            return false;
        }

        @Override
        default void kill() {
            throw new ServerException("Cannot stop or restart " + origin() + ". Ask canRestart() first, or put"
                    + " @RequiresRestart on the test, or choose another server with DEDUP_SERVERS.");
        }

        @Override
        default void startAgain() {
            kill();
        }
    }
}
