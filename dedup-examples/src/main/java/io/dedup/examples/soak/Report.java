package io.dedup.examples.soak;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Holds what was published against what is there, and says what is wrong. */
final class Report {

    private static final int SHOWN = 10;

    private final List<String> violations = new ArrayList<>();
    private final Ledger ledger;
    private final Audit audit;
    private DeadLetterBox dead = new DeadLetterBox(Map.of(), 0);
    private int lost;
    private int doubled;

    Report(Ledger ledger, Audit audit) {
        this.ledger = ledger;
        this.audit = audit;
    }

    /** For what is wrong beside the messages themselves. */
    void require(boolean condition, String violation) {
        if (!condition) {
            violations.add(violation);
        }
    }

    boolean isClean() {
        return violations.isEmpty();
    }

    void check(DeadLetterBox box) throws SQLException {
        dead = box;
        Set<String> effects = audit.effects();
        lost = none("lost: published, and no effect", without(ledger.good(), effects));
        doubled = none("doubled: more than one effect", audit.doubled());
        none("effects of what is not to have any", without(effects, ledger.good()));
        none("keys without an effect", audit.keysWithoutEffect());
        none("effects without a key", audit.effectsWithoutKey());
        none("balances that do not match the effects", audit.wrongBalance());
        none(
                "poison, and not dead-lettered",
                without(ledger.poison(), dead.reasons().keySet()));
        none(
                "without an ID, and not dead-lettered",
                without(ledger.withoutId(), dead.reasons().keySet()));
        none("dead-lettered without fault", both(dead.reasons().keySet(), ledger.good()));
        none("dead letters with a wrong reason", wrongReasons());
    }

    private Set<String> wrongReasons() {
        return dead.reasons().entrySet().stream()
                .filter(letter -> !letter.getValue().matches(expectedReason(letter.getKey())))
                .map(letter -> letter.getKey() + " (" + letter.getValue() + ")")
                .collect(Collectors.toSet());
    }

    /** More than 5: the count outlives a JVM that died between the last attempt and the dead letter. */
    private String expectedReason(String name) {
        return ledger.withoutId().contains(name) ? "missing message ID" : "the handler failed \\d+ times";
    }

    private int none(String what, Set<String> names) {
        if (!names.isEmpty()) {
            violations.add(names.size() + " " + what + ": "
                    + new TreeSet<>(names).stream().limit(SHOWN).toList());
        }
        return names.size();
    }

    private static Set<String> without(Set<String> some, Set<String> others) {
        Set<String> rest = new HashSet<>(some);
        rest.removeAll(others);
        return rest;
    }

    private static Set<String> both(Set<String> some, Set<String> others) {
        Set<String> common = new HashSet<>(some);
        common.retainAll(others);
        return common;
    }

    void print(Faults faults, Settings settings) throws SQLException {
        System.out.println();
        System.out.print(faults.table(audit));
        System.out.println();
        countByReason().forEach((reason, count) -> System.out.println("dead letters, " + reason + ": " + count));
        violations.forEach(violation -> System.out.println("VIOLATION " + violation));
        System.out.println("SOAK seconds=" + settings.length().toSeconds() + " seed=" + settings.seed()
                + " published=" + ledger.size() + " processed=" + audit.processed()
                + " duplicates=" + ledger.duplicates() + " faults=" + faults.size()
                + " lost=" + lost + " doubled=" + doubled
                + " poison=" + ledger.poison().size()
                + " dead_lettered=" + dead.reasons().size());
    }

    private Map<String, Long> countByReason() {
        Map<String, Long> counts = new TreeMap<>();
        dead.reasons().values().forEach(reason -> counts.merge(reason, 1L, Long::sum));
        counts.put("copies in all", (long) dead.copies());
        return counts;
    }
}
