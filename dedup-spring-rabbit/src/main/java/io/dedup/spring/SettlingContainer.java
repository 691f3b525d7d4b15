package io.dedup.spring;

import io.dedup.amqp.ConfirmedPublisher;
import io.dedup.amqp.DeadLetterPublisher;
import io.dedup.spi.MessagePolicy;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.aopalliance.aop.Advice;
import org.jspecify.annotations.Nullable;

/** Puts together what protects the listener of a settling container. */
record SettlingContainer(ListenerConfig config, boolean countedByHost, QuorumWarning warning) {

    /** {@code active} is false once the container stops; {@code errorHandler} is the container's. */
    ListenerInterceptor interceptor(
            ListenerInterceptor.Setting setting,
            BooleanSupplier active,
            Consumer<Throwable> errorHandler,
            @Nullable ConfirmedPublisher publisher) {
        SpringDeliveryType type = new SpringDeliveryType(config);
        DeadLetterPublisher deadLetters = publisher == null ? null : new DeadLetterPublisher(publisher);
        MessagePolicy policy =
                countedByHost && !config.isMaxAttemptsSet() ? config.policy().maxAttempts(0) : config.policy();
        ListenerHandler handler = new ListenerHandler(new SettlingJudge());
        SettlingProcessor processor = new SettlingProcessor(
                new SettlingProcessor.Processors(config.engine(), policy, type, handler),
                new SettlingDeadLetters(config, type, deadLetters),
                active);
        SettlingInterceptor settling = new SettlingInterceptor(setting, errorHandler, new Replies(publisher), active);
        SettlingGroups groups = setting.groups()
                ? new SettlingGroups(
                        settling,
                        processor,
                        config.engine().processor(policy.maxAttempts(0), type, config.maxGroup(), handler))
                : null;
        return new ListenerInterceptor(settling, processor, groups, warning);
    }

    /** For a container that the library did not make. */
    static ListenerInterceptor foreign(ListenerConfig config, Advice... advice) {
        boolean safe = config.recoverer() != null || config.isDeadLetteredByBroker();
        if (config.publishing() == null && !safe) {
            throw new IllegalStateException(
                    "it is not said where the dead letters of this container go, whose connection"
                            + " is not known; call publishingConnection(…), recoverer(…) or deadLetterByBroker() before"
                            + " around(…)");
        }
        ConfirmedPublisher publisher =
                config.publishing() == null ? null : Publishing.on(config.publishing(), config.engine(), "foreign");
        boolean retries = Arrays.stream(advice).anyMatch(ContainerKind::isRetry);
        return new SettlingContainer(config, retries, new QuorumWarning("foreign", 1))
                .interceptor(
                        new ListenerInterceptor.Setting(false, false, true, false),
                        () -> true,
                        ListenerFailures::asItIs,
                        publisher);
    }
}
