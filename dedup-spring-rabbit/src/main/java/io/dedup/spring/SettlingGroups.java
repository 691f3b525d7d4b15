package io.dedup.spring;

import com.rabbitmq.client.Channel;
import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.Accept;
import java.util.ArrayList;
import java.util.List;
import org.springframework.amqp.core.Message;

/**
 * Groups in settling containers, whose listeners take one message at a time: those that wait anyway share one claim and one
 * commit. What cannot be done together is done one by one, each as without groups: with the container's retries, and judged
 * for itself. Thread-safe.
 */
final class SettlingGroups {

    private final SettlingInterceptor settling;
    private final SettlingProcessor single;
    private final DeliveryProcessor<Part> groups;

    /** {@code groups} counts no failures: what fails in a group is tried alone at once. */
    SettlingGroups(SettlingInterceptor settling, SettlingProcessor single, DeliveryProcessor<Part> groups) {
        this.settling = settling;
        this.single = single;
        this.groups = groups;
    }

    void handOn(Channel channel, List<Message> messages, ListenerCall chain) {
        List<Message> alone = new ArrayList<>();
        List<Part> members = new ArrayList<>(messages.size());
        DeliveryScope scope = new DeliveryScope(channel);
        for (Message message : messages) {
            if (PartCounter.isPart(message)) { // its delivery has others
                alone.add(message);
            } else {
                members.add(single.part(scope, message, (guarded, data) -> inGroup(chain, guarded, data)));
            }
        }
        List<RuntimeException> thrown = new ArrayList<>();
        if (members.size() == 1) { // a group of one costs more than none
            alone.add(members.get(0).message());
        } else if (!members.isEmpty()) {
            alone.addAll(together(scope, members, thrown));
        }
        for (List<Message> delivery :
                MessageResult.byDelivery(alone, message -> message).values()) {
            all(thrown, () -> settling.settle(channel, oneByOne(channel, delivery, chain)));
        }
        if (!thrown.isEmpty()) { // all is settled; for the container's error handler
            settling.raise(channel, thrown.get(0));
        }
    }

    /** Past the container's retries: the whole group is to be rolled back before anything is tried again. */
    private static void inGroup(ListenerCall chain, Channel guarded, Object data) {
        DeliveryScope scope = DeliveryScope.current();
        if (scope == null) {
            throw new IllegalStateException("no message is in work");
        }
        scope.inGroup();
        chain.invokeListener(guarded, data);
        scope.throwWhatWasThrownInGroup();
    }

    /** Returns those that are not done. */
    private List<Message> together(DeliveryScope scope, List<Part> members, List<RuntimeException> thrown) {
        List<Message> rest = new ArrayList<>();
        List<Disposition> dispositions = groups.process(members);
        for (int i = 0; i < members.size(); i++) {
            Part part = members.get(i);
            if (dispositions.get(i) instanceof Accept accept) {
                DeliveryScope its = new DeliveryScope(scope.channel());
                single.accepted(its, part, accept);
                all(thrown, () -> settling.settle(its.channel(), settling.results(its, List.of(part.message()), null)));
            } else {
                rest.add(part.message());
            }
        }
        return rest;
    }

    private List<MessageResult> oneByOne(Channel channel, List<Message> delivery, ListenerCall chain) {
        List<MessageResult> results = new ArrayList<>(delivery.size());
        for (Message message : delivery) {
            results.addAll(settling.handOn(channel, message, chain, null));
        }
        return results;
    }

    private static void all(List<RuntimeException> thrown, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            thrown.add(e);
        }
    }
}
