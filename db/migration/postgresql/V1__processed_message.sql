-- One row per message that a consumer has processed; written in the transaction of the handler's own writes.
-- psql runs this file as it stands. With another table name set, Deduplicator.migrate() puts it in place of the quoted one.
CREATE TABLE "processed_message" (
    consumer     text COLLATE "C" NOT NULL CHECK (octet_length(consumer) BETWEEN 1 AND 255),
    message_id   text COLLATE "C" NOT NULL CHECK (octet_length(message_id) BETWEEN 1 AND 255),
    processed_at timestamptz      NOT NULL DEFAULT now(),
    fingerprint  bytea            CHECK (octet_length(fingerprint) = 32), -- SHA-256 of the body, where it is asked for
    PRIMARY KEY (consumer, message_id)
);

-- The purge walks the oldest rows first.
CREATE INDEX ON "processed_message" (processed_at);
