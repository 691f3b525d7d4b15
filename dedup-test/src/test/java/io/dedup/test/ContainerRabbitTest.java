package io.dedup.test;

import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NeedsDocker.class)
class ContainerRabbitTest extends BrokerContract {
    @Override
    BrokerNode startNode() {
        return ContainerRabbit.start();
    }
}
