package io.dedup.rabbit.spring;

import io.dedup.Deduplicator;
import io.dedup.Result;
import io.dedup.rabbit.DifferentBody;
import io.dedup.rabbit.MissingId;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.retry.MessageRecoverer;

/** What a listener is protected with. */
record Terms(
        Deduplicator dedup,
        SpringTransactions transactions,
        @Nullable String consumer, // null: the queue that the message comes from
        Ids ids,
        MissingId missingId,
        @Nullable DifferentBody differentBody, // null: no fingerprints
        int maxAttempts, // 0: not counted
        MessageRecoverer putAside,
        int groups,
        BiConsumer<Message, Result> onResult) {

    Terms consumer(String name) {
        return new Terms(
                dedup, transactions, name, ids, missingId, differentBody, maxAttempts, putAside, groups, onResult);
    }

    Terms ids(Ids found) {
        return new Terms(
                dedup,
                transactions,
                consumer,
                found,
                missingId,
                differentBody,
                maxAttempts,
                putAside,
                groups,
                onResult);
    }
}
