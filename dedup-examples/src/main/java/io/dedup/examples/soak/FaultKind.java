package io.dedup.examples.soak;

/** What chaos does. */
enum FaultKind {
    KILL_CONSUMER("kill -9 of a consumer JVM"),
    END_DATABASE_SESSIONS("PostgreSQL ends consumers' sessions"),
    CUT_DATABASE("connections to PostgreSQL reset"),
    CUT_BROKER("connections to RabbitMQ reset"),
    STALL_DATABASE("network to PostgreSQL stalls"),
    STALL_BROKER("network to RabbitMQ stalls"),
    RESTART_DATABASE("PostgreSQL restarted, immediate mode"),
    RESTART_BROKER("RabbitMQ killed and restarted");

    final String text;

    FaultKind(String text) {
        this.text = text;
    }
}
