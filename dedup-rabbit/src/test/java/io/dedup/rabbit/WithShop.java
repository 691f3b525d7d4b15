package io.dedup.rabbit;

import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests that each have a {@link Shop} of their own. */
@ExtendWith(ServersExtension.class)
public abstract class WithShop {

    protected Shop shop;

    @BeforeEach
    protected void openShop(BrokerServer broker, Database database) throws Exception {
        shop = new Shop(broker, database);
    }

    @AfterEach
    protected void closeShop() throws Exception {
        shop.close();
    }
}
