package io.dedup.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasses;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.skippedWithReason;

import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

@ExtendWith(ServersExtension.class)
class ServersExtensionTest {
    private static Database ofClass;
    private final Database ofConstructor;

    ServersExtensionTest(Database database) {
        this.ofConstructor = database;
    }

    @BeforeAll
    static void inBeforeAll(Database database) {
        ofClass = database;
    }

    @BeforeEach
    void inBeforeEach(Database database) {
        assertThat(database).isEqualTo(ofClass);
    }

    @Test
    void a_class_has_one_database_of_the_one_server(Database database, PostgresServer server) {
        assertThat(database).isEqualTo(ofClass).isEqualTo(ofConstructor);
        assertThat(database.port()).isEqualTo(server.port());
    }

    @Nested
    class Inside {
        @Test
        void a_nested_class_shares_its_database(Database database) {
            assertThat(database).isEqualTo(ofClass);
        }
    }

    @Test
    void each_class_has_a_database_of_its_own_on_a_server_that_is_stopped_after_the_run() {
        runForcedToQpid(ExtensionSamples.Probe.class, ExtensionSamples.Other.class)
                .assertStatistics(events -> events.succeeded(2));
        Database one = ExtensionSamples.Probe.database;
        Database other = ExtensionSamples.Other.database;
        assertThat(one.name()).isNotEqualTo(other.name());
        assertThat(one.port()).isEqualTo(other.port()).isNotEqualTo(ofClass.port());
        assertThat(ExtensionSamples.isUp(one)).isFalse();
    }

    @Test
    void tests_that_need_rabbitmq_or_a_restart_are_skipped_with_the_reason() {
        Events events = runForcedToQpid(ExtensionSamples.NeedsMore.class);
        events.assertStatistics(stats -> stats.skipped(2).succeeded(1));
        events.assertEventsMatchLooselyInOrder(
                event(skippedWithReason(starts("needs a real RabbitMQ, the broker is "))),
                event(skippedWithReason(starts("restarts a server, but cannot restart "))));
    }

    private static Predicate<String> starts(String text) {
        return reason -> reason.startsWith(text);
    }

    private static Events runForcedToQpid(Class<?>... types) {
        String before = System.getProperty("dedup.servers");
        System.setProperty("dedup.servers", "qpid");
        try {
            return EngineTestKit.engine("junit-jupiter")
                    .selectors(selectClasses(types))
                    .execute()
                    .testEvents();
        } finally {
            if (before == null) {
                System.clearProperty("dedup.servers");
            } else {
                System.setProperty("dedup.servers", before);
            }
        }
    }
}
