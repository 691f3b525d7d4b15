package io.dedup.spring;

import io.dedup.LaneKey;
import io.dedup.MessageIdResolver;
import io.dedup.MessageView;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.expression.Expression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.StandardEvaluationContext;

/**
 * SpEL expressions that find something in a message. Their root is Spring's {@link org.springframework.amqp.core.Message}, as
 * in {@code messageProperties.headers['x-event-id']}; beans are at hand as {@code @name}. Thread-safe.
 */
public final class MessageExpression {

    private final Expression expression;
    private final StandardEvaluationContext context = new StandardEvaluationContext();

    private MessageExpression(String expression, @Nullable BeanFactory beans) {
        this.expression = new SpelExpressionParser().parseExpression(expression);
        if (beans != null) {
            context.setBeanResolver(new BeanFactoryResolver(beans));
        }
    }

    /**
     * An expression that finds a message's ID.
     *
     * @param expression gives text or a number
     * @param beans where {@code @name} is looked up; null for no beans
     * @return the resolver
     * @throws org.springframework.expression.ParseException if it is no expression
     */
    public static MessageIdResolver messageId(String expression, @Nullable BeanFactory beans) {
        return new MessageExpression(expression, beans)::find;
    }

    /**
     * An expression that names a message's business entity.
     *
     * @param expression gives text or a number
     * @param beans where {@code @name} is looked up; null for no beans
     * @return the key
     * @throws org.springframework.expression.ParseException if it is no expression
     */
    public static LaneKey lane(String expression, @Nullable BeanFactory beans) {
        return new MessageExpression(expression, beans)::find;
    }

    private @Nullable String find(MessageView view) {
        Object root = view instanceof SpringMessageView springs ? springs.message() : view;
        Object value = expression.getValue(context, root);
        if (value == null || value instanceof CharSequence || value instanceof Number) {
            return value == null ? null : value.toString();
        }
        throw new IllegalArgumentException("'" + expression.getExpressionString() + "' gives a "
                + value.getClass().getSimpleName() + ", which is neither text nor a number");
    }
}
