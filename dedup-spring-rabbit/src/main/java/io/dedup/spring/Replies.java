package io.dedup.spring;

import com.rabbitmq.client.Channel;
import io.dedup.amqp.ConfirmedPublisher;
import io.dedup.spi.Backoff;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends replies after the commit: on a connection that nobody consumes on, if one is known. Thread-safe. */
record Replies(@Nullable ConfirmedPublisher publisher) {

    private static final Logger log = LoggerFactory.getLogger(Replies.class);
    private static final Backoff PAUSES = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    /** Completed when the broker has them; without a publishing connection, when they are on their way. */
    CompletableFuture<Void> send(Collection<SpringReply> replies, Channel channel) {
        return CompletableFuture.allOf(
                replies.stream().map(reply -> send(reply, channel)).toArray(CompletableFuture[]::new));
    }

    private CompletableFuture<Void> send(SpringReply reply, Channel channel) {
        if (publisher != null) {
            return publisher.publish(
                    reply.exchange(), reply.routingKey(), reply.mandatory(), reply.properties(), reply.body());
        }
        try {
            reply.send(channel);
            return CompletableFuture.completedFuture(null);
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Keeps the thread until the broker has it; false if it is no use to wait. */
    boolean isSent(SpringReply reply, Channel channel, BlockingRetry retry) {
        for (int tries = 1; ; tries++) {
            try {
                var unused = send(reply, channel).join();
                return true;
            } catch (CompletionException e) {
                log.warn("a reply could not be published; that is tried again", e.getCause());
                if (!retry.waits(PAUSES.after(tries))) {
                    return false;
                }
            }
        }
    }
}
