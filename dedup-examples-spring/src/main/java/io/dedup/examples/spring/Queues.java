package io.dedup.examples.spring;

import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.QueueBuilder;
import org.springframework.amqp.support.converter.JacksonJsonMessageConverter;
import org.springframework.amqp.support.converter.MessageConverter;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The queues; the second one is where the library publishes what has failed too often. */
@Configuration(proxyBeanMethods = false)
class Queues {

    static final String ORDERS = "orders";
    static final String DEAD = "orders.dead";

    @Bean
    Queue orders() {
        return QueueBuilder.durable(ORDERS).build();
    }

    /** The library declares it with the first dead letter; here it is asked for its messages before. */
    @Bean
    Queue deadOrders() {
        return QueueBuilder.durable(DEAD).build();
    }

    @Bean
    MessageConverter json() {
        return new JacksonJsonMessageConverter();
    }
}
