package io.dedup.spring.boot;

import io.dedup.DedupException;
import io.dedup.Outcome;
import org.springframework.beans.factory.ObjectProvider;

/** Selects the bean to work with: the marked one, or the only one, or the primary one; never one by chance. */
final class BeanSelector {

    private BeanSelector() {}

    static <T> T select(Class<T> type, ObjectProvider<T> all, ObjectProvider<T> marked) {
        return marked.getIfUnique(() -> select(type, all, "mark that one with @DedupDataSource, or with @Primary"));
    }

    static <T> T select(Class<T> type, ObjectProvider<T> all, String action) {
        return all.getIfUnique(() -> {
            throw refusal(type.getSimpleName(), all.stream().findAny().isPresent(), action);
        });
    }

    private static DedupException refusal(String type, boolean several, String action) {
        return several
                ? new DedupException(
                        Outcome.UNAVAILABLE,
                        "there are several beans of type " + type
                                + ", and it cannot be told which one the listeners work with",
                        action,
                        null)
                : new DedupException(
                        Outcome.UNAVAILABLE,
                        "there is no bean of type " + type + ", and no listener can be protected without",
                        "define one, or protect none (dedup.rabbit.all-listeners=false)",
                        null);
    }
}
