package io.dedup.amqp;

import java.util.Collection;
import java.util.TreeSet;

/**
 * The delivery tags of one channel that are not settled yet, to know what {@code multiple} may stand for: it acknowledges
 * everything older on the channel. Thread-safe.
 *
 * @see <a href="https://www.rabbitmq.com/docs/confirms#consumer-acks-multiple-parameter">RabbitMQ, multiple</a>
 */
final class UnackedTags {

    private final TreeSet<Long> tags = new TreeSet<>();

    synchronized void add(long tag) {
        tags.add(tag);
    }

    synchronized void remove(long tag) {
        tags.remove(tag);
    }

    /** Takes tags that are about to be acknowledged; returns up to which tag everything is settled with them. */
    synchronized long removeAll(Collection<Long> settled) {
        settled.forEach(tags::remove);
        return tags.isEmpty() ? Long.MAX_VALUE : tags.first() - 1;
    }
}
