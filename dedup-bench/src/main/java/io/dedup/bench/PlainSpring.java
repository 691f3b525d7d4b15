package io.dedup.bench;

/** No protection, with spring-rabbit: a transaction for each message, which the container acknowledges afterwards. */
final class PlainSpring implements Contestant {

    @Override
    public Label label() {
        return Label.unprotected("no protection, spring-rabbit", Kind.NO_PROTECTION);
    }

    @Override
    public AutoCloseable start(Arena arena) {
        SpringTransactions transactions = SpringTransactions.on(arena);
        return SpringContainer.of(arena)
                .start(message -> transactions
                        .template()
                        .executeWithoutResult(tx -> transactions.write(arena.work(), message.getBody())));
    }
}
