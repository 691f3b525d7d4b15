package io.dedup.test;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The condition behind {@link RequiresRabbitMq}. */
final class RequiresRabbitMqCondition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        BrokerServer broker = Servers.broker(context);
        return broker.isRabbitMq()
                ? ConditionEvaluationResult.enabled("the broker is " + broker)
                : ConditionEvaluationResult.disabled("needs a real RabbitMQ, the broker is " + broker);
    }
}
