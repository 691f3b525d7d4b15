package io.dedup.examples.spring;

import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.QueueBuilder;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory.ConfirmType;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.amqp.rabbit.retry.MessageRecoverer;
import org.springframework.amqp.rabbit.retry.RepublishMessageRecovererWithConfirms;
import org.springframework.amqp.support.converter.JacksonJsonMessageConverter;
import org.springframework.amqp.support.converter.MessageConverter;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The queues, and what becomes of a message that has failed too often: Spring's own recoverer puts it aside. */
@Configuration(proxyBeanMethods = false)
class Queues {

    static final String ORDERS = "orders";
    static final String DEAD = "orders.dead";

    @Bean
    Queue orders() {
        return QueueBuilder.durable(ORDERS).build();
    }

    @Bean
    Queue deadOrders() {
        return QueueBuilder.durable(DEAD).build();
    }

    /** The library gives it what has failed too often, and so does Boot's retry. Acknowledged once the broker has confirmed. */
    @Bean
    MessageRecoverer putAside(RabbitTemplate rabbit) {
        return new RepublishMessageRecovererWithConfirms(rabbit, "", DEAD, ConfirmType.CORRELATED);
    }

    @Bean
    MessageConverter json() {
        return new JacksonJsonMessageConverter();
    }
}
