package io.dedup.bench;

/** What the page says about its figures, whatever they are. */
final class Prose {

    static final String INTRODUCTION = """
            How fast a consumer is with this library, compared with the same consumer without any protection and with other ways
            to process each message once. All figures of this page come from one run of one command, which also wrote the page:
            compare them with each other, not with those of other machines.

            A figure is the median of the rounds, with the lowest and the highest behind it. Where two ranges overlap, the
            difference may be noise.""";

    static final String TO_REACH = """
            Ratios of medians. *No protection* is the faster way of having none, amqp-client. The best rival is the fastest that
            was seen to be atomic in this run (below).""";

    static final String THROUGHPUT = """
            Messages a second from a queue that is full already. Every contestant does the same business write, in the same
            code, with 4 workers, a prefetch of 200 and 4 database connections.

            - *no protection*: a transaction and an ack for each message; a redelivery would do its work twice.
            - *one by one*: a transaction for each message, which also claims it.
            - *groups of n*: up to n messages that have arrived already share a transaction; the handler is the same. With
              handlers that update shared rows, workers with groups of their own deadlock each other, and the group shrinks.
            - *in lanes*: all messages of one account go through the same worker, so that groups never fight for a row.
            - *deferred writes*: the handler says for each message what is to be written; the library sends the statements of
              up to 100 messages as JDBC batches, sorted by account.
            - *batch handler*: the handler takes many messages: one insert of many rows, one update of many rows.
            - *with Spring*: a `@RabbitListener` method on this library's container factory, unchanged.
            - *hand-written*: `SELECT`, and if there is nothing, `INSERT` and work, in one transaction, with amqp-client.
            - *Apache Camel*, *Spring Integration*, *Eventuate Tram*: each as its documentation has it for one transaction with
              the handler's writes, on spring-rabbit's listener container.
            - limits: the same JDBC without a broker (all orders in memory), and the broker without a database.""";

    static final String DUPLICATES = """
            Messages a second when this share of them was processed before; handler: insert only. A duplicate costs the look
            at the table and no write.""";

    static final String CONCURRENCY = "Messages a second with so many workers; handler: insert only.";

    static final String SIZE = """
            Messages a second while the table holds so many keys of earlier messages already; handler: insert only. IDs are
            random, so new keys go all over the index, as they do with UUIDs. The first change of a page after a checkpoint writes
            the whole page (8 KB) to the log, and in a large index nearly every new key meets another page. So the same table is
            measured twice: some minutes' worth of keys after a checkpoint, when nearly all pages have been changed since; and
            with a checkpoint just before each run, which is the worst moment. The second table shows it. For this part the
            server's own checkpoints are put off (checkpoint_timeout 1 h, max_wal_size 16 GB).""";

    static final String LATENCY = """
            From the call that publishes a message to the moment the consumer knows of its commit, with an idle queue. A group
            never waits for more messages, so at this rate it is mostly a group of one.""";

    static final String WAITING = """
            A Spring listener with one thread and the library's defaults. The first message of its queue always fails, or another
            transaction holds its key for 20 s, and 1,000 good ones wait behind it. Afterwards the first one is in the
            dead-letter queue, with its 5 attempts in a header, or is processed.""";

    static final String PROFILE = """
            Handler: %s. For each contestant one more run, with `pg_stat_statements` and Flight Recorder on, which slow it down a
            little. Times in the server are those of executing a statement; parsing the protocol, planning and waking processes
            come on top, once for each round trip. A sample counts for the code that called into the JDK.""";

    static final String ATOMICITY = """
            A message and its copy; the handler writes, and throws the first time. If another connection can see the key while
            the handler works, a crash at that moment leaves a key without its effect: a lost message. Likewise if the failure
            leaves the key behind.""";

    static final String METHOD = """
            - A private PostgreSQL and a private broker, as the tests use them, on the same machine as the consumer. They take
              most of the CPU, so a consumer that asks less of them is faster even where its own work is not less.
            - Publish with confirms, then start the consumer. The time runs from the first message that amqp-client delivers to
              the last ack that it sends, seen by the same probe in each contestant's client. Starting up does not count.
            - Contestants are warmed up (10,000 messages each), then run round by round, every second round in opposite order. Each gets as many
              messages as keep it busy for about the same time. For each run: empty tables, a new connection pool, a new
              connection to the broker, a full garbage collection before.
            - After each run: as many effects as messages, none twice, the balances' sum right, nothing left in the queue;
              otherwise the benchmark fails.
            - CPU and allocation are those of the whole consumer JVM (amqp-client, driver, handler, compiler, collector) over
              the last three quarters of a run. What the library adds is the difference to *no protection*. The servers' CPU is
              not in it.
            - Messages are 1 KB of JSON and are parsed. An effect is a row of an ID, an account, an amount and a time.
            - What it does not show: networks between the servers, disks that flush slowly (there sharing a commit pays more),
              quorum queues, other loads on the database.""";

    private Prose() {}
}
