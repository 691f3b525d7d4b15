package io.dedup.rabbit;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Statements in the order in which they are to be executed. One joins the first batch of the same text that it can reach
 * without passing by what it must not: anything of its own message or its entity; anything at all, where entities are unknown.
 * Of one thread.
 */
final class WriteQueue {

    private record Row(@Nullable String entity, List<@Nullable Object> parameters) {}

    private static final class Batch {

        private final String sql;
        private final List<Row> rows = new ArrayList<>();
        private boolean sortable = true;

        Batch(String sql) {
            this.sql = sql;
        }

        void add(Row row) {
            rows.add(row);
            sortable &= row.entity() != null;
        }

        /** By entity, so that two transactions which touch the same rows touch them in the same order. */
        List<Row> inOrder() {
            if (sortable) {
                rows.sort(Comparator.comparing(row -> String.valueOf(row.entity()))); // stable: an entity's keep theirs
            }
            return rows;
        }
    }

    private final List<Batch> batches = new ArrayList<>();
    private final Map<String, NavigableSet<Integer>> placesOfText = new HashMap<>();
    private final Map<String, Integer> lastOfEntity = new HashMap<>();
    private int barrier;

    /** Takes what one message wants written; whoever has no entity may touch the rows of all. */
    Message of(@Nullable String entity) {
        return new Message(entity);
    }

    final class Message implements Writes, AutoCloseable {

        private final @Nullable String entity;
        private boolean over;

        private Message(@Nullable String entity) {
            this.entity = entity;
        }

        @Override
        public void add(String sql, @Nullable Object... parameters) {
            requireNonNull(sql, "sql");
            if (over) {
                throw new IllegalStateException("the handler has returned, and with it the use of its writes has ended;"
                        + " add all of them inside the handler, on its thread");
            }
            int place = place(sql, earliest());
            batches.get(place).add(new Row(entity, new ArrayList<>(Arrays.asList(parameters))));
            if (entity == null) {
                barrier = place;
            } else {
                lastOfEntity.put(entity, place);
            }
        }

        private int earliest() {
            return entity == null ? batches.size() - 1 : Math.max(barrier, lastOfEntity.getOrDefault(entity, 0));
        }

        @Override
        public void close() {
            over = true;
        }
    }

    /** The first batch that it may join: so the first messages of all entities are together, and lock all their rows. */
    private int place(String sql, int earliest) {
        NavigableSet<Integer> same = placesOfText.computeIfAbsent(sql, text -> new TreeSet<>());
        Integer first = same.ceiling(earliest);
        if (first != null) {
            return first;
        }
        batches.add(new Batch(sql));
        same.add(batches.size() - 1);
        return batches.size() - 1;
    }

    void send(Connection tx) throws SQLException {
        for (Batch batch : batches) {
            try (PreparedStatement statement = tx.prepareStatement(batch.sql)) {
                for (Row row : batch.inOrder()) {
                    for (int i = 0; i < row.parameters().size(); i++) {
                        statement.setObject(i + 1, row.parameters().get(i));
                    }
                    statement.addBatch();
                }
                statement.executeBatch();
            }
        }
    }

    /** The texts of the batches, in their order. */
    List<String> texts() {
        return batches.stream().map(batch -> batch.sql).toList();
    }

    /** Whose rows a batch touches, in its order. */
    List<String> entities(int batch) {
        return batches.get(batch).inOrder().stream()
                .map(row -> String.valueOf(row.entity()))
                .toList();
    }
}
