package io.dedup.spring;

import io.dedup.amqp.RetentionCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says at a container's start of which kind it is, and what of its configuration does harm or has no effect. */
final class StartLog {

    private static final Logger log = LoggerFactory.getLogger(StartLog.class);

    /** With so many, one message that waits for its next attempt costs the others nothing. */
    private static final int ENOUGH_PREFETCHED = 11;

    private StartLog() {}

    static void holding(String name, ListenerConfig config, int threads, int prefetch) {
        log.info(
                "{} - holding: {} threads behind one consumer of each queue, with a prefetch of {} for each thread; a message"
                        + " whose attempt failed stays unacknowledged for its pause and runs again here, {} attempts in all",
                name,
                threads,
                prefetch,
                config.policy().maxAttempts());
        if (prefetch > 0 && prefetch < ENOUGH_PREFETCHED) {
            log.warn(
                    "{} - with a prefetch of {}, messages that wait for their next attempt hold up others for their pauses;"
                            + " set it to {} or more (spring.rabbitmq.listener.simple.prefetch or .direct.prefetch), unless"
                            + " few long tasks are to be shared fairly, or shorten the pauses",
                    name,
                    prefetch,
                    ENOUGH_PREFETCHED);
        }
        RetentionCheck.warn(name, config.engine(), config.policy());
    }

    static void settling(String name, ListenerConfig config, ContainerKind kind, boolean requeuesFailures) {
        boolean uncounted = kind.countedByHost() && !config.isMaxAttemptsSet();
        log.info(
                "{} - settling, since {}: its own policy decides about failures{}; a message that cannot be processed now"
                        + " keeps its thread waiting",
                name,
                kind.why(),
                uncounted
                        ? ""
                        : ", and after " + config.policy().maxAttempts() + " of them the message is dead-lettered");
        if (uncounted && requeuesFailures && !kind.retries()) {
            log.warn(
                    "{} - a message that fails is requeued at once and without a bound, unless the error handler rejects it;"
                            + " set maxAttempts of the Protection, defaultRequeueRejected=false, or a retry advice",
                    name);
        }
        if (config.lane() != null) {
            log.warn("{} - lane has no effect: the container is settling, since {}", name, kind.why());
        }
        RetentionCheck.warn(name, config.engine(), config.policy());
    }

    /** The order is what an exclusive or single active consumer is for. */
    static void inOrder(String name, ListenerConfig config, int threads) {
        if (config.lane() == null && threads > 1) {
            log.warn(
                    "{} - consumes exclusively or as the single active consumer, so the messages of a queue keep their order,"
                            + " and one of {} threads works on each queue; name the entities whose order matters by lane of"
                            + " the Protection, and the other threads work too",
                    name,
                    threads);
        }
    }

    static void noGroups(String name) {
        log.warn(
                "{} - maxGroup has no effect: the listener takes lists, or its container has a transactionManager",
                name);
    }
}
