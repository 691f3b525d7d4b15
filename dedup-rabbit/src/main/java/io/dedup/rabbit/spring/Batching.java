package io.dedup.rabbit.spring;

import static java.util.Objects.requireNonNull;

import io.dedup.Fingerprint;
import io.dedup.Groups;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import io.dedup.Result;
import io.dedup.rabbit.DifferentBody;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;

/**
 * For listeners that take lists: claims a list in one statement, and has the new ones among it handled in the claims'
 * transaction. Where that fails, they are handled one by one, so that each is judged for itself.
 */
final class Batching {

    /** At most so many in one transaction. */
    private static final int MAX = 65_535;

    private record Entry(
            Message message, MessageKey key, @Nullable Fingerprint body, boolean rekeyed) {

        Entry underKeyWithBody() {
            return new Entry(message, key.withBody(requireNonNull(body, "body")), body, true);
        }
    }

    private final Terms terms;
    private final Keys keys;
    private final Claiming claiming;
    private final Failures failures;
    private final Groups groups;
    private final BooleanSupplier active;

    Batching(Terms terms, Keys keys, Claiming claiming, Failures failures, BooleanSupplier active) {
        this.terms = terms;
        this.keys = keys;
        this.claiming = claiming;
        this.failures = failures;
        this.groups = terms.dedup().groups(MAX);
        this.active = active;
    }

    void handOn(InWork work, List<Message> messages, ListenerCall listener) {
        Rounds rounds = new Rounds(work, listener);
        List<Entry> open = identified(work, messages);
        while (!open.isEmpty()) {
            open = rounds.next(open);
        }
        rounds.throwFirst();
    }

    /** Until it is known what became of each message, or patience ends. */
    private final class Rounds {

        private final InWork work;
        private final ListenerCall listener;
        private final Patience patience;
        private final Set<MessageKey> suspects = new HashSet<>();
        private final List<RuntimeException> thrown = new ArrayList<>();

        Rounds(InWork work, ListenerCall listener) {
            this.work = work;
            this.listener = listener;
            this.patience = new Patience(active, work.channel());
        }

        /** Returns those that are to be tried again. */
        List<Entry> next(List<Entry> open) {
            List<Result> results = attempt(work, open, listener);
            List<Entry> again = new ArrayList<>();
            List<Entry> troubled = new ArrayList<>();
            List<Result> troubles = new ArrayList<>();
            for (int i = 0; i < open.size(); i++) {
                Entry entry = open.get(i);
                Result result = claiming.blame(results.get(i), suspects);
                failures.tell(entry.message(), result);
                if (Claiming.isTrouble(result)) {
                    troubled.add(entry);
                    troubles.add(result);
                } else if (isOtherMessage(entry, result)) {
                    again.add(entry.underKeyWithBody());
                } else {
                    judge(entry, result);
                }
            }
            if (troubled.isEmpty() || patience.lasts(troubled.get(0).key(), "not processed now", troubles.get(0))) {
                again.addAll(troubled);
            } else {
                for (int i = 0; i < troubled.size(); i++) {
                    judge(troubled.get(i), troubles.get(i));
                }
            }
            return again;
        }

        private void judge(Entry entry, Result result) {
            try {
                claiming.judge(work, entry.message(), result);
            } catch (RuntimeException e) {
                thrown.add(e);
            }
        }

        void throwFirst() {
            if (!thrown.isEmpty()) {
                RuntimeException first = thrown.get(0);
                thrown.stream().skip(1).filter(e -> e != first).forEach(first::addSuppressed);
                throw first;
            }
        }
    }

    private List<Entry> identified(InWork work, List<Message> messages) {
        List<Entry> entries = new ArrayList<>(messages.size());
        for (Message message : messages) {
            work.forget(message);
            Keys.Found found = work.keyOf(message, keys);
            if (found.key() == null) {
                work.judge(message, claiming.withoutKey(work, message, found));
            } else {
                Fingerprint body = terms.differentBody() == null ? null : Fingerprint.of(message.getBody());
                entries.add(new Entry(message, found.key(), body, false));
            }
        }
        return entries;
    }

    private List<Result> attempt(InWork work, List<Entry> open, ListenerCall listener) {
        List<io.dedup.Message<Entry>> claims = new ArrayList<>(open.size());
        for (Entry entry : open) {
            claims.add(new io.dedup.Message<>(entry.key(), entry.body(), entry));
        }
        return groups.attempt(claims, (tx, fresh) -> {
            List<Message> messages = fresh.stream().map(Entry::message).toList();
            claiming.run(work, tx, fresh.get(0).key(), new ArrayList<>(messages), listener);
        });
    }

    private boolean isOtherMessage(Entry entry, Result result) {
        return result.outcome() == Outcome.DIFFERENT_BODY
                && terms.differentBody() == DifferentBody.PROCESS
                && !entry.rekeyed();
    }
}
