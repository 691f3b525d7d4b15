package io.dedup;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import javax.sql.DataSource;

/** A message in work holds one connection; threads beyond the pool's size would only wait, or time out. */
final class PoolSize {

    private PoolSize() {}

    static void require(DataSource dataSource, int concurrency) {
        try {
            Hikari.require(dataSource, concurrency);
        } catch (NoClassDefFoundError e) {
            // HikariCP is not on the class path, so this is no pool of its.
        }
    }

    /** Of its own, so that it is loaded only where HikariCP is. */
    private static final class Hikari {

        static void require(DataSource dataSource, int concurrency) {
            try {
                if (!dataSource.isWrapperFor(HikariDataSource.class)) {
                    return;
                }
                int size = dataSource.unwrap(HikariDataSource.class).getMaximumPoolSize();
                if (size < concurrency) {
                    throw new DedupException(
                            Outcome.UNAVAILABLE,
                            "the pool has " + size + " connections for a concurrency of " + concurrency
                                    + ", and each message in work holds one",
                            "set maximumPoolSize to at least " + concurrency + " or lower the concurrency",
                            null);
                }
            } catch (SQLException e) {
                throw DedupExceptions.of("look at the pool", e);
            }
        }
    }
}
