package io.dedup.test;

import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NeedsRabbitMqServer.class)
class BinariesRabbitTest extends BrokerContract {
    @Override
    BrokerNode startNode() {
        return BinariesRabbit.start();
    }
}
