package io.dedup;

import io.dedup.test.Database;

class OwnTransactionTest extends DedupContract {

    OwnTransactionTest(Database database) {
        super(database);
    }

    @Override
    Outcome deliver(MessageKey key, Work<Exception> work) throws Exception {
        return dedup.process(key, work);
    }
}
