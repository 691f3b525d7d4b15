package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.dedup.spi.GroupProcessor;
import io.dedup.spi.KeyedWork;
import io.dedup.test.Database;
import io.dedup.test.PostgresServer;
import io.dedup.test.ServersExtension;
import io.dedup.test.TcpProxy;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
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
                HikariDataSource pool = through(proxy)) {
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

    @Test
    void aGroupCostsTwoRoundTripsBesideTheHandlers() {
        try (TcpProxy proxy = TcpProxy.to(server.host(), server.port());
                HikariDataSource pool = through(proxy)) {
            GroupProcessor groups = Deduplicator.create(pool).engine().groups(10);
            for (int warmUp = 0; warmUp < 10; warmUp++) {
                groups.attempt(tenNew());
            }
            List<KeyedWork> ten = tenNew();
            long before = proxy.roundTrips();
            groups.attempt(ten);
            long fresh = proxy.roundTrips() - before;
            groups.attempt(ten);
            long duplicates = proxy.roundTrips() - before - fresh;
            assertThat(fresh)
                    .as("begin and claim, the handlers' ten inserts, commit")
                    .isEqualTo(12);
            assertThat(duplicates).as("begin and claim, rollback").isEqualTo(2);
        }
    }

    private static List<KeyedWork> tenNew() {
        return Stream.generate(Orders::newKey)
                .limit(10)
                .map(key -> new KeyedWork(key, null, tx -> Orders.save(tx, key)))
                .toList();
    }

    private HikariDataSource through(TcpProxy proxy) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(database.through(proxy).jdbcUrl());
        pool.setMaximumPoolSize(1);
        return pool;
    }

    private static void process(Deduplicator dedup, MessageKey key) throws SQLException {
        dedup.process(key, tx -> Orders.save(tx, key));
    }
}
