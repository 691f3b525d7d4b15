package io.dedup;

import io.dedup.spi.KeyedWork;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The order of an entity's messages in a group. One with another body under a known ID may be processed afterwards, as a
 * message of its own; later ones of its entity must not be by then.
 */
final class GroupOrder {

    private GroupOrder() {}

    /** Refuses a group that would break the order; one by one, the later ones wait. */
    static void require(List<KeyedWork> tasks, List<Claim> claims) {
        Set<Object> waiting = new HashSet<>();
        for (int place = 0; place < claims.size(); place++) {
            Object entity = tasks.get(place).entity();
            if (entity != null && claims.get(place) == Claim.DIFFERENT_BODY) {
                waiting.add(entity);
            } else if (entity != null && claims.get(place) == Claim.FRESH && waiting.contains(entity)) {
                throw new DedupException(
                        Outcome.FAILED,
                        "a group holds another body under a known ID, and later messages of the same entity",
                        "process them one by one",
                        null);
            }
        }
    }
}
