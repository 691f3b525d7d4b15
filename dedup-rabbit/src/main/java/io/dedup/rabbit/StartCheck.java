package io.dedup.rabbit;

import com.rabbitmq.client.Connection;
import io.dedup.DedupException;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import io.dedup.amqp.DeadLetterPublisher;
import io.dedup.amqp.Queues;
import io.dedup.amqp.RetentionCheck;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What is wrong is found at the start and not at the first message. */
final class StartCheck {

    private static final long TIMEOUT_SECONDS = 10;

    private StartCheck() {}

    static void run(Connection connection, DeadLetterPublisher deadLetters, ConsumerConfig config) {
        String queue = config.queue();
        var unused = new MessageKey(config.consumer(), "any"); // throws what is wrong with the name
        config.engine().verify();
        RetentionCheck.warn(config.consumer(), config.engine(), config.policy());
        try {
            if (!Queues.exists(connection, queue)) {
                throw refusal("there is no queue '" + queue + "'", "declare it before its consumer starts", null);
            }
            if (!config.isDeadLetteredByBroker()) {
                await(deadLetters.declare(config.deadLetterQueue()));
            }
        } catch (IOException | RuntimeException e) {
            throw e instanceof DedupException d
                    ? d
                    : refusal(
                            "cannot look at queue '" + queue + "' or declare '" + config.deadLetterQueue() + "': "
                                    + Queues.reasonOf(e),
                            "check the connection, and the user's rights to read, write and configure them",
                            e);
        }
    }

    private static void await(CompletableFuture<Void> declared) throws IOException {
        try {
            declared.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("the publishing connection does not answer", e);
        }
    }

    static DedupException refusal(String what, String action, @Nullable Throwable cause) {
        return new DedupException(Outcome.UNAVAILABLE, what, action, cause);
    }
}
