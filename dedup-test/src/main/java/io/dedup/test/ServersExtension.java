package io.dedup.test;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Hands real servers to JUnit tests, as parameters of constructors, test methods and lifecycle methods:
 *
 * <ul>
 *   <li>{@link PostgresServer} and {@link BrokerServer}: one of each for all tests of the run, started when the first test
 *       asks for it and stopped after the last;
 *   <li>{@link Database}: a fresh and empty one for each test class.
 * </ul>
 *
 * <pre>{@code
 * @ExtendWith(ServersExtension.class)
 * class OrdersTest {
 *     OrdersTest(Database database, BrokerServer broker) { … }
 * }
 * }</pre>
 */
public final class ServersExtension implements ParameterResolver {
    /** Created by JUnit. */
    public ServersExtension() {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == PostgresServer.class || type == BrokerServer.class || type == Database.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        if (type == PostgresServer.class) {
            return Servers.postgres(context);
        }
        return type == BrokerServer.class ? Servers.broker(context) : Servers.database(context);
    }
}
