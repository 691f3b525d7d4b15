package io.dedup.test;

import com.rabbitmq.client.ConnectionFactory;

/** A running AMQP 0-9-1 broker. */
interface BrokerNode extends Node {
    /** A new factory, set to this broker. */
    ConnectionFactory connectionFactory();

    /** A factory for a broker without TLS. */
    static ConnectionFactory factory(String host, int port, String user, String password) {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost(host);
        factory.setPort(port);
        factory.setUsername(user);
        factory.setPassword(password);
        return factory;
    }
}
