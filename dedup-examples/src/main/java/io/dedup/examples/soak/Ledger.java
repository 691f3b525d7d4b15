package io.dedup.examples.soak;

import java.util.HashSet;
import java.util.Set;

/** What was published: each message once, however many copies of it there are. Confirmed by the broker, all of it. */
final class Ledger {

    private final Set<String> good = new HashSet<>();
    private final Set<String> poison = new HashSet<>();
    private final Set<String> withoutId = new HashSet<>();
    private long duplicates;

    synchronized void add(Message message) {
        Set<String> names = switch (message.kind()) {
            case GOOD -> good;
            case POISON -> poison;
            case NO_ID -> withoutId;
        };
        names.add(message.name());
    }

    synchronized void addCopy() {
        duplicates++;
    }

    synchronized Set<String> good() {
        return Set.copyOf(good);
    }

    synchronized Set<String> poison() {
        return Set.copyOf(poison);
    }

    synchronized Set<String> withoutId() {
        return Set.copyOf(withoutId);
    }

    synchronized int size() {
        return good.size() + poison.size() + withoutId.size();
    }

    synchronized long duplicates() {
        return duplicates;
    }
}
