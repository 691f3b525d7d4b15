package io.dedup.test;

import static org.assertj.core.api.Assumptions.assumeThat;

class BinariesPostgresTest extends PostgresContract {
    @Override
    PostgresNode startNode() {
        assumeThat(PostgresArchive.missing()).as("PostgreSQL's binaries").isEmpty();
        return BinariesPostgres.start();
    }
}
