package io.dedup.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which statements may pass which, to become large batches. */
class WriteQueueTest {

    private final WriteQueue queue = new WriteQueue();

    private void message(@Nullable String entity, String... statements) {
        try (WriteQueue.Message writes = queue.of(entity)) {
            for (String sql : statements) {
                writes.add(sql);
            }
        }
    }

    @Test
    void equalStatementsInARowAreOneBatch() {
        message(null, "A");
        message(null, "A", "A");
        assertThat(queue.texts()).containsExactly("A");
    }

    @Test
    void whereEntitiesAreUnknownNothingPassesAnything() {
        message(null, "A", "B");
        message(null, "A", "B");
        assertThat(queue.texts()).containsExactly("A", "B", "A", "B");
    }

    @Test
    void messagesOfDifferentEntitiesMayPassEachOther() {
        message("1", "A", "B");
        message("2", "A", "B");
        message("3", "A", "B");
        assertThat(queue.texts()).containsExactly("A", "B");
    }

    @Test
    void messagesOfOneEntityMayNot() {
        message("1", "A", "B");
        message("1", "A", "B");
        message("2", "A", "B");
        assertThat(queue.texts()).containsExactly("A", "B", "A", "B");
    }

    @Test
    void theFirstMessagesOfAllEntitiesAreTogetherSoThatTheyLockAllRowsInOneOrder() throws Exception {
        message("2", "A", "B");
        message("2", "A", "B");
        message("1", "A", "B");
        assertThat(queue.entities(1)).as("of the first B").containsExactly("1", "2");
    }

    @Test
    void aMessagesOwnStatementsKeepTheirOrder() {
        message("1", "A", "B", "A");
        assertThat(queue.texts()).containsExactly("A", "B", "A");
    }

    @Test
    void aMessageOfNoEntityPassesNobodyAndIsNotPassed() {
        message("1", "A", "B");
        message(null, "A");
        message("2", "A", "B");
        assertThat(queue.texts()).containsExactly("A", "B", "A", "B");
    }

    @Test
    void aMessageOfAnOlderEntityDoesNotPassOneOfNoEntityEither() {
        message("1", "A");
        message(null, "B");
        message("1", "A");
        assertThat(queue.texts()).containsExactly("A", "B", "A");
    }

    @Test
    void whatIsAddedAfterTheHandlersReturnIsRefused() {
        WriteQueue.Message writes = queue.of(null);
        writes.close();
        assertThatThrownBy(() -> writes.add("A"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("inside the handler");
    }
}
