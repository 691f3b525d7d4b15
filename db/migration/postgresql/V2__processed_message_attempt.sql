-- One row per message whose handler has failed and has not succeeded since. Written in a transaction of its own, since the
-- failed one leaves nothing behind; deleted by the claim of the attempt that succeeds.
CREATE TABLE "processed_message_attempt" (
    consumer   text COLLATE "C" NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    attempts   integer          NOT NULL DEFAULT 1,
    first_at   timestamptz      NOT NULL DEFAULT now(),
    last_at    timestamptz      NOT NULL DEFAULT now(),
    last_error text             NOT NULL,
    PRIMARY KEY (consumer, message_id)
);
