package io.dedup.rabbit.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;
import org.springframework.context.ApplicationContext;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.expression.Expression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.StandardEvaluationContext;

/** An ID that an expression finds. */
final class SpelMessageId implements Ids {

    private final Expression expression;
    private final StandardEvaluationContext context = new StandardEvaluationContext();

    /** Throws what is wrong with the expression. */
    SpelMessageId(String expression, @Nullable ApplicationContext beans) {
        this.expression = new SpelExpressionParser().parseExpression(expression);
        if (beans != null) {
            context.setBeanResolver(new BeanFactoryResolver(beans));
        }
    }

    @Override
    public @Nullable String of(Message message) {
        Object value = expression.getValue(context, message);
        if (value == null || value instanceof CharSequence || value instanceof Number) {
            return value == null ? null : value.toString();
        }
        throw new IllegalArgumentException("'" + expression.getExpressionString() + "' gives a "
                + value.getClass().getSimpleName() + ", which cannot be an ID; let it give text or a whole number");
    }
}
