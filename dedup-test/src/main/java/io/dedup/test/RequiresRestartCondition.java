package io.dedup.test;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** The condition behind {@link RequiresRestart}. */
final class RequiresRestartCondition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        List<String> obstacles = new ArrayList<>();
        AnnotationSupport.findAnnotation(context.getElement(), RequiresRestart.class)
                .ifPresent(annotation -> {
                    for (Class<?> server : annotation.value()) {
                        obstacle(server, context, obstacles);
                    }
                });
        return obstacles.isEmpty()
                ? ConditionEvaluationResult.enabled("the servers can be restarted")
                : ConditionEvaluationResult.disabled("restarts a server, but " + String.join(" and ", obstacles));
    }

    private static void obstacle(Class<?> server, ExtensionContext context, List<String> obstacles) {
        if (server == PostgresServer.class) {
            PostgresServer postgres = Servers.postgres(context);
            if (!postgres.canRestart()) {
                obstacles.add("cannot restart " + postgres);
            }
        } else if (server == BrokerServer.class) {
            BrokerServer broker = Servers.broker(context);
            if (!broker.canRestart()) {
                obstacles.add("cannot restart " + broker);
            }
        } else {
            throw new ExtensionConfigurationException(
                    "@RequiresRestart takes PostgresServer.class and BrokerServer.class, not " + server.getName());
        }
    }
}
