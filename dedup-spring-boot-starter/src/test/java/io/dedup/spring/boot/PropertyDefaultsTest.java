package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.Deduplicator;
import io.dedup.spi.MessagePolicy;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** A setting has one default, in properties and in code. */
@ExtendWith(ServersExtension.class)
class PropertyDefaultsTest {

    private final DedupProperties properties =
            new Binder(new MapConfigurationPropertySource(Map.of())).bindOrCreate("dedup", DedupProperties.class);

    @Test
    void ofListeners() {
        DedupProperties.Rabbit rabbit = properties.rabbit();
        MessagePolicy policy = MessagePolicy.DEFAULT;
        assertThat(rabbit.onMissingId()).isEqualTo(policy.missingId());
        assertThat(rabbit.onDifferentBody()).isEqualTo(policy.differentBody());
        assertThat(rabbit.maxAge()).isEqualTo(policy.maxAge());
        assertThat(rabbit.pause().first()).isEqualTo(policy.pauses().first());
        assertThat(rabbit.pause().longest()).isEqualTo(policy.pauses().longest());
        assertThat(rabbit.maxAttempts()).as("5, as its description says").isNull();
        assertThat(policy.maxAttempts()).isEqualTo(5);
    }

    @Test
    void ofTheDeduplicator(Database database) {
        Deduplicator plain = Deduplicator.create(database.dataSource());
        Contexts.on(database)
                .run(context -> assertThat(
                                context.getBean(Deduplicator.class).admin().retention())
                        .isEqualTo(plain.admin().retention()));
    }
}
