package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dedup.Deduplicator;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Over HTTP it is tested by the example. */
@ExtendWith(ServersExtension.class)
class DedupEndpointTest {

    private static final MessageKey KEY = new MessageKey("orders", "a/b ü");

    private final ApplicationContextRunner runner;

    DedupEndpointTest(Database database) {
        this.runner = Contexts.on(database).withPropertyValues("management.endpoints.web.exposure.include=dedup");
    }

    @Test
    void itIsThereOnlyWhereItIsExposed(Database database) {
        Contexts.on(database).run(context -> assertThat(context).doesNotHaveBean(DedupEndpoint.class));
        runner.withPropertyValues("management.endpoint.dedup.access=NONE")
                .run(context -> assertThat(context).doesNotHaveBean(DedupEndpoint.class));
    }

    @Test
    void itSumsUpWhatHappened() {
        runner.run(context -> {
            Deduplicator dedup = context.getBean(Deduplicator.class);
            DedupEndpoint endpoint = context.getBean(DedupEndpoint.class);
            dedup.process(KEY, tx -> {});
            dedup.process(KEY, tx -> {});
            MessageKey failing = new MessageKey("orders", "failing");
            dedup.engine().recordFailure(failing, new IllegalStateException("out of paper"));

            DedupEndpoint.Summary summary = endpoint.summary();
            assertThat(summary.retention()).as("nothing is ever purged").isNull();
            assertThat(summary.table().bytes()).isPositive();
            assertThat(summary.consumers()).isEqualTo(Map.of("orders", Map.of("processed", 1L, "duplicate", 1L)));
            assertThat(summary.failing()).isEqualTo(Map.of("orders", 1L));

            var report = (DedupEndpoint.ConsumerReport) endpoint.report("orders", null);
            assertThat(report.figures()).containsEntry("duplicate", 1L);
            assertThat(report.failing()).singleElement().satisfies(message -> {
                assertThat(message.key()).isEqualTo(failing);
                assertThat(message.lastError()).contains("out of paper");
            });
        });
    }

    @Test
    void itLooksUpAMessage() {
        runner.run(context -> {
            Deduplicator dedup = context.getBean(Deduplicator.class);
            DedupEndpoint endpoint = context.getBean(DedupEndpoint.class);
            assertThat(endpoint.report("orders", KEY.messageId()))
                    .isEqualTo(new DedupEndpoint.MessageReport(KEY, null, null));
            dedup.process(KEY, tx -> {});
            var report = (DedupEndpoint.MessageReport) endpoint.report("orders", KEY.messageId());
            assertThat(report.processedAt())
                    .isEqualTo(dedup.admin().processedAt(KEY).orElseThrow());
            assertThatThrownBy(() -> endpoint.report("orders", " "))
                    .isInstanceOf(InvalidEndpointRequestException.class)
                    .hasMessageContaining("blank");
        });
    }

    @Test
    void itForgetsAMessageOnlyWhereThatIsAllowed() {
        runner.run(context -> {
            Deduplicator dedup = context.getBean(Deduplicator.class);
            dedup.process(KEY, tx -> {});
            assertRefused(
                    context.getBean(DedupEndpoint.class).forget("orders", KEY.messageId()),
                    "set dedup.endpoint.forget=true");
            assertThat(dedup.process(KEY, tx -> {})).isEqualTo(Outcome.DUPLICATE);
        });
        runner.withPropertyValues("dedup.endpoint.forget=true").run(context -> {
            Deduplicator dedup = context.getBean(Deduplicator.class);
            DedupEndpoint endpoint = context.getBean(DedupEndpoint.class);
            assertThat(endpoint.forget("orders", KEY.messageId()).getBody())
                    .isEqualTo(new DedupEndpoint.Forgotten(true));
            assertThat(endpoint.forget("orders", KEY.messageId()).getBody())
                    .isEqualTo(new DedupEndpoint.Forgotten(false));
            assertThat(dedup.process(KEY, tx -> {})).isEqualTo(Outcome.PROCESSED);
        });
    }

    @Test
    void itPurgesNowAndOnlyWhatIsOlderThanTheRetention() {
        runner.withPropertyValues("dedup.retention=1h", "dedup.purge.enabled=false")
                .run(context -> {
                    context.getBean(Deduplicator.class).process(KEY, tx -> {});
                    DedupEndpoint endpoint = context.getBean(DedupEndpoint.class);
                    assertThat(endpoint.purge().getBody()).isEqualTo(new DedupEndpoint.Purged(Duration.ofHours(1), 0));
                });
        runner.withPropertyValues("dedup.retention=1ms", "dedup.purge.enabled=false")
                .run(context -> {
                    DedupEndpoint endpoint = context.getBean(DedupEndpoint.class);
                    assertThat(endpoint.purge().getBody()).isEqualTo(new DedupEndpoint.Purged(Duration.ofMillis(1), 1));
                    assertThat(endpoint.summary().purged()).isEqualTo(1);
                });
    }

    @Test
    void itPurgesNothingWhereNoRetentionIsSet() {
        runner.run(context -> assertRefused(context.getBean(DedupEndpoint.class).purge(), "set dedup.retention"));
    }

    private static void assertRefused(WebEndpointResponse<DedupEndpoint.Answer> response, String action) {
        assertThat(response.getStatus()).isEqualTo(400);
        assertThat(response.getBody())
                .isInstanceOfSatisfying(
                        DedupEndpoint.Refused.class,
                        answer -> assertThat(answer.refused()).contains(action));
    }

    @Test
    void thePropertyCountsForADeduplicatorOfTheApplicationsOwnToo(Database database) {
        Deduplicator own =
                Deduplicator.builder(Contexts.fresh(database).dataSource()).build();
        runner.withBean(Deduplicator.class, () -> own)
                .withPropertyValues("dedup.retention=1ms", "dedup.purge.enabled=false")
                .run(context -> {
                    own.process(KEY, tx -> {});
                    DedupEndpoint endpoint = context.getBean(DedupEndpoint.class);
                    assertThat(endpoint.summary().retention()).isEqualTo(Duration.ofMillis(1));
                    assertThat(endpoint.purge().getBody()).isEqualTo(new DedupEndpoint.Purged(Duration.ofMillis(1), 1));
                });
    }
}
