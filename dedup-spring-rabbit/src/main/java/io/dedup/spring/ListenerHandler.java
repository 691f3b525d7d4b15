package io.dedup.spring;

import io.dedup.Reply;
import io.dedup.spi.BatchWork;
import io.dedup.spi.Handler;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;

/** The application's listener, for the library: called inside the message's transaction. Thread-safe. */
final class ListenerHandler implements Handler<Part>, BatchWork<Part> {

    private final FailureJudge judge;

    ListenerHandler(FailureJudge judge) {
        this.judge = judge;
    }

    @Override
    public @Nullable Reply handle(Connection tx, Part part) throws Exception {
        SpringReply reply = call(List.of(part), part.message());
        return reply == null ? null : part.handlerReplied(reply);
    }

    /** Any message may; only a stored answer shows it, and it costs a look for duplicates only. */
    @Override
    public boolean asksForReply(Part part) {
        return true;
    }

    @Override
    public void run(Connection tx, List<Part> fresh) throws Exception {
        List<Message> messages = new ArrayList<>(fresh.size());
        fresh.forEach(part -> messages.add(part.message()));
        var unused = call(fresh, messages);
    }

    private @Nullable SpringReply call(List<Part> parts, Object data) throws SQLException {
        Part first = parts.get(0);
        parts.forEach(Part::handlerBegins);
        DeliveryScope scope = new DeliveryScope(first.channel()).begin();
        try {
            first.listener().invokeListener(scope.guarded(), data);
        } catch (RuntimeException | Error e) {
            failed(parts, e);
        } finally {
            scope.end();
        }
        for (Part part : parts) { // in a batch, one that is refused has all of them tried one by one
            Boolean requeue = scope.refusalOf(part.tag());
            if (requeue != null) {
                throw judge.refused(part, requeue);
            }
        }
        MessageTransaction transaction = MessageTransaction.current();
        if (transaction != null) {
            transaction.flushSession();
        }
        return scope.reply();
    }

    private void failed(List<Part> parts, Throwable thrown) {
        if (ListenerFailures.asksForAck(thrown)) { // as Spring defines it: without a rollback
            return;
        }
        RuntimeException asContainersExpect = ListenerFailures.forContainer(
                thrown, parts.stream().map(Part::message).toList());
        parts.forEach(part -> part.handlerThrew(asContainersExpect));
        throw ListenerFailures.<RuntimeException>asItIs(judge.thrown(parts.get(0), thrown));
    }
}
