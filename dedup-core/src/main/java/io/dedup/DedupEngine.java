package io.dedup;

import io.dedup.spi.BatchWork;
import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.DeliveryType;
import io.dedup.spi.Engine;
import io.dedup.spi.GroupProcessor;
import io.dedup.spi.Handler;
import io.dedup.spi.KeyedWork;
import io.dedup.spi.MessagePolicy;
import io.dedup.spi.TransactionSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;

/** The bridge from {@link io.dedup.spi} to what does the work. */
final class DedupEngine implements Engine {

    private final Bookkeeping bookkeeping;
    private final AttemptLog failures;
    private final Attempts attempts;
    private final DedupAdmin admin;

    DedupEngine(Bookkeeping bookkeeping, AttemptLog failures, Attempts attempts, DedupAdmin admin) {
        this.bookkeeping = bookkeeping;
        this.failures = failures;
        this.attempts = attempts;
        this.admin = admin;
    }

    ProcessedMessages messages() {
        return attempts.messages();
    }

    private DedupEngine with(Attempts others) {
        return new DedupEngine(bookkeeping, failures, others, admin);
    }

    @Override
    public Engine in(TransactionSource source) {
        return with(attempts.in(source));
    }

    @Override
    public Engine waitingAtMost(Duration limit) {
        if (limit.toMillis() < 1) { // PostgreSQL reads a lock_timeout of 0 as no bound at all
            throw new IllegalArgumentException("a wait of " + limit + " is not 1 ms or more");
        }
        return with(attempts.waitingAtMost(limit));
    }

    @Override
    public Engine notifying(DedupListener listener) {
        return with(attempts.notifying(listener));
    }

    @Override
    public DedupListener listener() {
        return attempts.listener();
    }

    @Override
    public Result attempt(KeyedWork work) {
        return attempts.one(work);
    }

    @Override
    public GroupProcessor groups(int max) {
        return new Groups(attempts, max);
    }

    @Override
    public <D> DeliveryProcessor<D> processor(
            MessagePolicy policy, DeliveryType<D> type, int maxGroup, Handler<D> handler) {
        GroupProcessor groups = groups(maxGroup);
        return new DeliveryPipeline<>(
                this,
                policy,
                type,
                new SingleHandlerAdapter<>(this, groups, new NewMessageCheck<>(policy, type), type, handler));
    }

    @Override
    public <D> DeliveryProcessor<D> batchProcessor(
            MessagePolicy policy, DeliveryType<D> type, int maxGroup, BatchWork<D> handler) {
        GroupProcessor groups = groups(maxGroup);
        return new DeliveryPipeline<>(
                this,
                policy,
                type,
                new BatchHandlerAdapter<>(groups, new NewMessageCheck<>(policy, type), type, handler));
    }

    @Override
    public void saveReply(Connection tx, MessageKey key, Reply reply) throws SQLException {
        if (!messages().saveReply(tx, key, reply)) {
            throw new IllegalStateException(key + " is not claimed in this transaction, so its reply cannot be kept");
        }
    }

    @Override
    public Optional<Reply> replyOf(MessageKey key) {
        return bookkeeping.run("look for a reply", tx -> messages().replyOf(tx, key));
    }

    @Override
    public FailedAttempts recordFailure(MessageKey key, Throwable failure) {
        return bookkeeping.run("count of a failure", tx -> failures.record(tx, key, failure));
    }

    @Override
    public void forgetFailures(MessageKey key) {
        var unused = bookkeeping.run("end of a count", tx -> failures.forget(tx, key));
    }

    @Override
    public void verify() {
        admin.verify();
    }

    @Override
    public void verifyPool(int concurrency) {
        PoolSize.require(bookkeeping.dataSource(), concurrency);
    }

    @Override
    public Duration retention() {
        return admin.retention();
    }

    @Override
    public ScheduledExecutorService scheduler(String name) {
        return DaemonScheduler.named(name);
    }
}
