package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spring.Listening.Container;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.aopalliance.intercept.MethodInterceptor;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.amqp.core.AcknowledgeMode;

/** What stands around a listener in its container stands around each run in a container that holds. */
@Timeout(60)
class ObservedTest extends WithListening {

    private final AtomicInteger runs = new AtomicInteger();
    private final List<String> ended = new CopyOnWriteArrayList<>();

    private void observe() {
        TestObservationRegistry registry = TestObservationRegistry.create();
        registry.observationConfig().observationHandler(new ObservationHandler<>() {
            @Override
            public void onStop(Observation.Context context) {
                Throwable error = context.getError();
                ended.add(error == null ? "well" : error.getClass().getSimpleName());
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        listening.context.registerBean(ObservationRegistry.class, () -> registry);
        listening.factory(factory -> factory.setContainerCustomizer(each -> each.setObservationEnabled(true)));
    }

    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void anObservationCountsEachFailureAndEachSuccess(Container container, AcknowledgeMode mode) throws Exception {
        observe();
        start(container, mode, (message, channel) -> {
            save(message);
            if (runs.incrementAndGet() < 3) {
                throw new IllegalStateException("not yet");
            }
        });
        shop.publish("1");
        eventually().until(() -> shop.keys() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(ended).hasSize(3).endsWith("well");
        assertThat(ended.subList(0, 2)).doesNotContain("well");
    }

    /** An application's advice sees each run as Spring's containers show it. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void otherAdviceIsCalledForEachRun(Container container, AcknowledgeMode mode) throws Exception {
        listening.factory(factory -> factory.setAdviceChain((MethodInterceptor) invocation -> {
            try {
                return invocation.proceed();
            } finally {
                ended.add("advice");
            }
        }));
        start(container, mode, (message, channel) -> {
            save(message);
            if (runs.incrementAndGet() < 3) {
                throw new IllegalStateException("not yet");
            }
        });
        shop.publish("1");
        eventually().until(() -> shop.keys() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(ended).containsExactly("advice", "advice", "advice");
        assertThat(runs).hasValue(3);
    }
}
