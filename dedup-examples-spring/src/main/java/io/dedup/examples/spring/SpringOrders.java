package io.dedup.examples.spring;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * Orders come in by HTTP, go through RabbitMQ, and are saved with JPA. {@link WithServers} starts it with servers of its
 * own.
 */
@SpringBootApplication
public class SpringOrders {

    /**
     * Starts it on the servers that Spring's properties name.
     *
     * @param args Spring's
     */
    public static void main(String[] args) {
        SpringApplication.run(SpringOrders.class, args);
    }
}
