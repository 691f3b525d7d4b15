-- psql runs this file as it stands. With another table name set, DedupAdmin.migrate() puts it in place of the quoted names.
-- No CHECK constraints: PostgreSQL parses each of them again for every statement that inserts, a third of a claim's work.
-- The library checks lengths before it sends anything.

-- One row per message that a consumer has processed; written in the transaction of the handler's own writes.
CREATE TABLE "processed_message" (
    consumer     text COLLATE "C" NOT NULL,
    message_id   text COLLATE "C" NOT NULL,
    processed_at timestamptz      NOT NULL DEFAULT now(),
    fingerprint  bytea, -- SHA-256 of the body, where bodies are compared
    reply        bytea, -- the answer to a request, so that it can be sent again when the request comes again
    reply_type   text,
    PRIMARY KEY (consumer, message_id)
);

-- The purge walks the oldest rows first.
CREATE INDEX ON "processed_message" (processed_at);

-- One row per message whose handler has failed. Written in a transaction of its own, since the failed one leaves nothing
-- behind. A row in the table above ends the count; the purge deletes what has ended.
CREATE TABLE "processed_message_attempt" (
    consumer   text COLLATE "C" NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    attempts   integer          NOT NULL DEFAULT 1,
    first_at   timestamptz      NOT NULL DEFAULT now(),
    last_at    timestamptz      NOT NULL DEFAULT now(),
    last_error text             NOT NULL,
    PRIMARY KEY (consumer, message_id)
);

COMMENT ON TABLE "processed_message_attempt" IS 'Failed attempts of messages; those without a row in the table of keys have not succeeded yet';
