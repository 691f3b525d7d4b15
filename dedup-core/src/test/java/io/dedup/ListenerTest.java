package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ServersExtension.class)
class ListenerTest {

    private final Orders orders;

    ListenerTest(Database database) {
        this.orders = Orders.in(database);
    }

    @Test
    void itHearsOfEveryEndingAndMayThrowWithoutHarm() {
        List<Outcome> heard = new ArrayList<>();
        Deduplicator dedup = Deduplicator.builder(orders.dataSource)
                .listener(new DedupListener() {
                    @Override
                    public void onResult(Result result) {
                        assertThat(orders.keysOf(result.key()))
                                .as("told after the end of the transaction")
                                .isEqualTo(result.outcome().isDone() ? 1 : 0);
                        heard.add(result.outcome());
                        throw new AssertionError("listeners fail too");
                    }
                })
                .build();
        MessageKey key = Orders.newKey();
        assertThat(dedup.process(key, tx -> {})).isEqualTo(Outcome.PROCESSED);
        assertThat(dedup.process(key, tx -> {})).isEqualTo(Outcome.DUPLICATE);
        dedup.attempt(Orders.newKey(), tx -> {
            throw new IllegalStateException();
        });
        assertThat(heard).containsExactly(Outcome.PROCESSED, Outcome.DUPLICATE, Outcome.FAILED);
    }
}
