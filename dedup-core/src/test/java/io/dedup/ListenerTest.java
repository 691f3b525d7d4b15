package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spi.KeyedWork;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.time.Duration;
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
        Orders.attempt(dedup, Orders.newKey(), tx -> {
            throw new IllegalStateException();
        });
        assertThat(heard).containsExactly(Outcome.PROCESSED, Outcome.DUPLICATE, Outcome.FAILED);
    }

    @Test
    void severalAreAllNotifiedWhateverOneThrows() {
        List<String> heard = new ArrayList<>();
        DedupListener broken = new DedupListener() {
            @Override
            public void onResult(Result result) {
                throw new AssertionError("listeners fail too");
            }
        };
        Deduplicator dedup = Deduplicator.builder(orders.dataSource)
                .listener(named("first", heard))
                .listener(broken)
                .listener(named("second", heard))
                .build();
        var unused = Orders.attempt(dedup, Orders.newKey(), tx -> {});
        assertThat(heard).containsExactly("first", "second");
        heard.clear();
        unused = dedup.engine()
                .notifying(named("the adapter's", heard))
                .attempt(new KeyedWork(Orders.newKey(), null, tx -> {}));
        assertThat(heard).containsExactly("first", "second", "the adapter's");
        dedup.admin().purge(Duration.ofDays(1));
        assertThat(heard).endsWith("first purged", "second purged");
    }

    private static DedupListener named(String name, List<String> heard) {
        return new DedupListener() {
            @Override
            public void onResult(Result result) {
                heard.add(name);
            }

            @Override
            public void onPurged(long rows) {
                heard.add(name + " purged");
            }
        };
    }
}
