package io.dedup.proof;

import io.dedup.rabbit.Layer;
import io.dedup.rabbit.Tapped;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import java.time.Duration;
import javax.sql.DataSource;

/**
 * Meets the faults with a Spring listener container. What it leaves in the queue, a consumer on plain amqp-client takes:
 * both ways know each other's keys.
 */
final class SpringTrack extends Track {

    private final ProtectedListener.Kind kind;

    SpringTrack(BrokerServer broker, Database database, ProtectedListener.Kind kind) throws Exception {
        super(broker, database);
        this.kind = kind;
        shop.declare(shop.queue + ".dead"); // as the consumer on plain amqp-client does
    }

    /** Without what a container does when it is stopped, which one that dies does not come to. */
    @Override
    Plain plain(Scenario scenario, Mutant mutant) throws Exception {
        Plain whole = super.plain(scenario, mutant);
        int settled = whole.steps().stream().map(Step::method).toList().lastIndexOf("basicAck");
        return new Plain(whole.steps().subList(0, settled + 1), whole.cell());
    }

    @Override
    void die(Scenario scenario, int step, Fault fault) throws Exception {
        DyingConsumer.start(
                ProtectedListener.class, shop.broker(), database, shop.queue, scenario, step, fault, kind.name());
    }

    @Override
    void consume(Probe probe, Mutant mutant, Trial trial, Duration limit) throws Exception {
        Layer library = mutant.over(probe);
        DataSource source = Tapped.of(database.through(toDatabase).dataSource(), ProtectedListener.steps(library));
        try (ProtectedListener listener = new ProtectedListener(
                shop.broker().connectionFactory(toBroker),
                library,
                source,
                trial,
                shop.queue,
                trial.scenario(),
                kind)) {
            trial.require(probe.awaitStruck(), "the step was never reached");
            boolean settled = probe.awaitSettled(limit);
            trial.require(listener.isRunning(), "the container stopped by itself, settled: " + settled);
        } finally {
            probe.closeConnections();
        }
    }
}
