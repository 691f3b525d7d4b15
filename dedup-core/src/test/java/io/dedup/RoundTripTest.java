package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.dedup.test.Database;
import io.dedup.test.PostgresServer;
import io.dedup.test.ServersExtension;
import io.dedup.test.TcpProxy;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the README says of the cost, counted on the wire. */
@ExtendWith(ServersExtension.class)
class RoundTripTest {

    private final Database database;
    private final PostgresServer server;

    RoundTripTest(Database database, PostgresServer server) {
        this.database = database;
        this.server = server;
        Orders.in(database);
    }

    @Test
    void aNewMessageCostsOneRoundTripBesideTheHandlersAndTheCommitsAndADuplicateTwoInAll() throws SQLException {
        try (TcpProxy proxy = TcpProxy.to(server.host(), server.port());
                HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl(database.through(proxy).jdbcUrl());
            pool.setMaximumPoolSize(1);
            Deduplicator dedup = Deduplicator.create(pool);
            for (int warmUp = 0; warmUp < 10; warmUp++) { // beyond pgjdbc's prepareThreshold
                process(dedup, Orders.newKey());
            }
            MessageKey key = Orders.newKey();
            long before = proxy.roundTrips();
            process(dedup, key);
            long fresh = proxy.roundTrips() - before;
            process(dedup, key);
            long duplicate = proxy.roundTrips() - before - fresh;
            assertThat(fresh)
                    .as("begin and claim, the handler's insert, commit")
                    .isEqualTo(3);
            assertThat(duplicate).as("begin and claim, rollback").isEqualTo(2);
        }
    }

    private static void process(Deduplicator dedup, MessageKey key) throws SQLException {
        dedup.process(key, tx -> Orders.save(tx, key));
    }
}
