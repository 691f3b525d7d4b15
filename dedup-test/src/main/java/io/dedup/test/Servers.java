package io.dedup.test;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;

/** The servers that all tests of a run share: started when first asked for, closed by JUnit after the last test. */
final class Servers {
    private static final Namespace NAMESPACE = Namespace.create(Servers.class);

    private Servers() {}

    static PostgresServer postgres(ExtensionContext context) {
        return shared(context)
                .computeIfAbsent(PostgresServer.class, key -> PostgresServer.start(), PostgresServer.class);
    }

    static BrokerServer broker(ExtensionContext context) {
        return shared(context).computeIfAbsent(BrokerServer.class, key -> BrokerServer.start(), BrokerServer.class);
    }

    /** One for a test class and the classes nested in it. */
    static Database database(ExtensionContext context) {
        ExtensionContext top = context;
        while (top.getParent().flatMap(ExtensionContext::getTestClass).isPresent()) {
            top = top.getParent().orElseThrow();
        }
        PostgresServer server = postgres(context);
        return top.getStore(NAMESPACE).computeIfAbsent(Database.class, key -> server.createDatabase(), Database.class);
    }

    private static Store shared(ExtensionContext context) {
        return context.getRoot().getStore(NAMESPACE);
    }
}
