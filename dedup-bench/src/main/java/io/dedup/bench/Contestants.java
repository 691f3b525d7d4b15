package io.dedup.bench;

import java.util.List;
import java.util.stream.Stream;

/** Who takes part, and by which of them the others are judged. */
final class Contestants {

    static final Contestant NO_PROTECTION = PlainAmqp.unprotected();
    static final Contestant CONSUME_AND_ACK = PlainAmqp.withoutDatabase();
    static final Library ONE_BY_ONE = Library.oneByOne();
    static final Library GROUPS = Library.groupsOf(100);
    static final Library LANES = Library.lanes(100);
    static final Library DEFERRED = Library.deferred();
    static final Library BATCH_HANDLER = Library.batchHandler();
    private static final Contestant SELECT_THEN_INSERT = PlainAmqp.selectThenInsert();

    private Contestants() {}

    static List<Contestant> all() {
        return Stream.of(
                        List.of(NO_PROTECTION, new PlainSpring()),
                        library(),
                        rivals(),
                        List.of(new RawJdbc(false), new RawJdbc(true), CONSUME_AND_ACK))
                .flatMap(List::stream)
                .toList();
    }

    static List<Contestant> library() {
        return List.of(
                ONE_BY_ONE,
                Library.groupsOf(20),
                GROUPS,
                LANES,
                DEFERRED,
                BATCH_HANDLER,
                LibrarySpring.oneByOne(),
                LibrarySpring.groupsOf(100));
    }

    static List<Contestant> rivals() {
        return List.of(SELECT_THEN_INSERT, new Camel(), new Integration(), new Eventuate());
    }

    /** Who is looked at more closely. */
    static List<Contestant> main() {
        return List.of(NO_PROTECTION, ONE_BY_ONE, GROUPS);
    }

    static List<Contestant> againstDuplicates() {
        return List.of(ONE_BY_ONE, GROUPS, SELECT_THEN_INSERT);
    }
}
