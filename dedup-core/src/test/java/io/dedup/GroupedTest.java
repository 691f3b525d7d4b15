package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spi.KeyedWork;
import io.dedup.test.Database;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** Each delivery between two others in a group, so that its trouble and theirs meet. */
class GroupedTest extends DedupContract {

    GroupedTest(Database database) {
        super(database);
    }

    @Override
    Outcome deliver(MessageKey key, Work<Exception> work) throws Exception {
        List<KeyedWork> group = List.of(neighbour(), new KeyedWork(key, null, work), neighbour());
        List<Result> results = dedup.engine().groups(3).attempt(group);
        if (results.get(0).outcome() != Outcome.PROCESSED || results.get(2).outcome() != Outcome.PROCESSED) {
            throw new AssertionError("a neighbour was not processed: " + results);
        }
        Result result = results.get(1);
        if (result.cause() instanceof Error error) {
            throw error;
        }
        if (result.cause() instanceof Exception exception && result.outcome() == Outcome.FAILED) {
            throw exception;
        }
        return result.outcome();
    }

    private static KeyedWork neighbour() {
        MessageKey key =
                new MessageKey("neighbours", "beside " + Orders.newKey().messageId());
        return new KeyedWork(key, null, tx -> Orders.save(tx, key));
    }

    @AfterEach
    void eachNeighbourTookEffectOnce() {
        assertThat(orders.count("SELECT count(*) FROM orders WHERE message_id LIKE 'beside %'"))
                .isPositive()
                .isEqualTo(orders.count("SELECT count(*) FROM processed_message WHERE consumer = 'neighbours'"))
                .isEqualTo(
                        orders.count("SELECT count(DISTINCT message_id) FROM orders WHERE message_id LIKE 'beside %'"));
    }
}
