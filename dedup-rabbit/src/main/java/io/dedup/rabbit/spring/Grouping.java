package io.dedup.rabbit.spring;

import com.rabbitmq.client.Channel;
import io.dedup.Fingerprint;
import io.dedup.Groups;
import io.dedup.MessageKey;
import io.dedup.Result;
import io.dedup.Task;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;

/**
 * For listeners that take one message at a time: those that wait anyway share one claim and one commit, and the handler
 * is called for each that is new. What cannot be done together is done one by one, each as without groups: with the
 * container's retries, and judged for itself.
 */
final class Grouping {

    private record Member(Message message, InWork work, Task task) {}

    private final Terms terms;
    private final Keys keys;
    private final Claiming claiming;
    private final Settling settling;
    private final Failures failures;
    private final Groups groups;

    Grouping(Terms terms, Keys keys, Claiming claiming, Settling settling, Failures failures) {
        this.terms = terms;
        this.keys = keys;
        this.claiming = claiming;
        this.settling = settling;
        this.failures = failures;
        this.groups = terms.dedup().groups(terms.groups());
    }

    void handOn(Channel channel, List<Message> messages, ListenerCall chain) {
        List<Member> members = new ArrayList<>(messages.size());
        List<Message> alone = new ArrayList<>();
        for (Message message : messages) {
            Member member = Keys.isPart(message) ? null : member(channel, message, chain);
            if (member == null) {
                alone.add(message);
            } else {
                members.add(member);
            }
        }
        List<RuntimeException> thrown = new ArrayList<>();
        if (members.size() == 1) { // a group of one costs more than none
            alone.add(members.get(0).message());
        } else {
            alone.addAll(together(members, thrown));
        }
        for (List<Message> delivery :
                Handled.byDelivery(alone, message -> message).values()) {
            all(thrown, () -> settling.settle(channel, oneByOne(channel, delivery, chain)));
        }
        if (!thrown.isEmpty()) { // all is settled; for the container's error handler
            settling.raise(channel, thrown.get(0));
        }
    }

    private List<Handled> oneByOne(Channel channel, List<Message> delivery, ListenerCall chain) {
        List<Handled> handled = new ArrayList<>(delivery.size());
        for (Message message : delivery) {
            handled.addAll(settling.handOn(channel, message, chain));
        }
        return handled;
    }

    private static void all(List<RuntimeException> thrown, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            thrown.add(e);
        }
    }

    private @Nullable Member member(Channel channel, Message message, ListenerCall chain) {
        InWork work = new InWork(channel);
        MessageKey key = work.keyOf(message, keys).key();
        if (key == null) {
            return null;
        }
        Fingerprint body = terms.differentBody() == null ? null : Fingerprint.of(message.getBody());
        Task task = new Task(key, body, tx -> {
            work.begin();
            work.inGroup(true);
            try {
                work.forget(message);
                work.send(message, claiming.run(work, tx, key, message, chain));
            } finally {
                work.inGroup(false);
                work.end();
            }
        });
        return new Member(message, work, task);
    }

    /** Returns those that are not done. */
    private List<Message> together(List<Member> members, List<RuntimeException> thrown) {
        List<Message> rest = new ArrayList<>();
        List<Result> results = groups.attempt(members.stream().map(Member::task).toList());
        for (int i = 0; i < members.size(); i++) {
            Member member = members.get(i);
            Result result = results.get(i);
            if (result.outcome().isDone()) {
                failures.tell(member.message(), result);
                claiming.judge(member.work(), member.message(), result);
                InWork work = member.work();
                all(
                        thrown,
                        () -> settling.settle(work.channel(), settling.handled(work, List.of(member.message()), null)));
            } else {
                rest.add(member.message());
            }
        }
        return rest;
    }
}
