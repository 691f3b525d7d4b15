package io.dedup.rabbit.spring.boot;

import io.dedup.DedupException;
import io.dedup.Outcome;
import org.springframework.beans.factory.ObjectProvider;

/** Finds the bean to work with: the marked one, or the only one, or the primary one; never one by chance. */
final class Chosen {

    private Chosen() {}

    static <T> T of(String what, ObjectProvider<T> all, ObjectProvider<T> marked) {
        T chosen = marked.getIfUnique(all::getIfUnique);
        if (chosen == null) {
            throw new DedupException(
                    Outcome.UNAVAILABLE,
                    "there are several beans of type " + what
                            + " (or none), and it cannot be told which one the handlers"
                            + " work with; mark that one with @DedupDataSource, or with @Primary",
                    null);
        }
        return chosen;
    }
}
