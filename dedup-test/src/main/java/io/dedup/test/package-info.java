/**
 * Real servers for tests, and faults on the wire.
 *
 * <p>{@link io.dedup.test.PostgresServer} and {@link io.dedup.test.BrokerServer} give a real PostgreSQL and a real AMQP
 * broker on whatever machine the test runs, {@link io.dedup.test.ServersExtension} hands them to JUnit tests, and
 * {@link io.dedup.test.TcpProxy} cuts, stalls or drops connections at a chosen moment.
 */
@NullMarked
package io.dedup.test;

import org.jspecify.annotations.NullMarked;
