package io.dedup.test;

import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NeedsDocker.class)
class ContainerPostgresTest extends PostgresContract {
    @Override
    PostgresNode startNode() {
        return ContainerPostgres.start();
    }
}
