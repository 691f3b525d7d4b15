package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.FailedAttempts;
import io.dedup.FailingMessage;
import io.dedup.MessageKey;
import io.dedup.TableSize;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.core.env.MapPropertySource;
import org.springframework.javapoet.ClassName;

/** What Spring does for a native image; none is built here. */
@ExtendWith(ServersExtension.class)
class AheadOfTimeTest {

    @Test
    void everyBeanCanBeMadeWithoutReflectionAndTheMigrationsAreTakenAlong(Database database) {
        InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
        DefaultGenerationContext generated =
                new DefaultGenerationContext(new ClassNameGenerator(ClassName.get("app", "App")), files);
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            context.getEnvironment()
                    .getPropertySources()
                    .addFirst(new MapPropertySource(
                            "test",
                            Map.of(
                                    "spring.datasource.url", database.jdbcUrl(),
                                    "dedup.retention", "7d",
                                    "dedup.rabbit.all-listeners", "true",
                                    "management.endpoints.web.exposure.include", "dedup")));
            context.register(
                    BootLine.DATA_SOURCE,
                    BootLine.TRANSACTION_MANAGER,
                    DedupAllListenersAutoConfiguration.class,
                    BootLine.RABBIT,
                    DedupAutoConfiguration.class,
                    DedupEndpointAutoConfiguration.class,
                    DedupHealthAutoConfiguration.class,
                    DedupRabbitAutoConfiguration.class);
            context.register(BootLine.LIBRARY.toArray(Class<?>[]::new));
            new ApplicationContextAotGenerator().processAheadOfTime(context, generated);
            generated.writeGeneratedContent();
        }
        assertThat(files.getGeneratedFiles(Kind.SOURCE).keySet())
                .anyMatch(name -> name.endsWith("DedupAutoConfiguration__BeanDefinitions.java"))
                .anyMatch(name -> name.endsWith("DedupRabbitAutoConfiguration__BeanDefinitions.java"))
                .anyMatch(name -> name.endsWith("io/dedup/spring/boot/CheckedRegistry__BeanDefinitions.java"))
                .anyMatch(name -> name.endsWith("DedupEndpointAutoConfiguration__BeanDefinitions.java"));
        assertThat(RuntimeHintsPredicates.resource()
                        .forResource("io/dedup/db/migration/postgresql/V1__processed_message.sql"))
                .accepts(generated.getRuntimeHints());
        assertThat(List.of(
                        DedupEndpoint.Summary.class,
                        DedupEndpoint.ConsumerReport.class,
                        DedupEndpoint.MessageReport.class,
                        DedupEndpoint.Purged.class,
                        DedupEndpoint.Forgotten.class,
                        DedupEndpoint.Refused.class,
                        MessageKey.class,
                        TableSize.class,
                        FailingMessage.class,
                        FailedAttempts.class))
                .as("what the endpoint answers can be written as JSON")
                .allSatisfy(answer -> assertThat(RuntimeHintsPredicates.reflection()
                                .onType(answer)
                                .withMemberCategory(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS))
                        .accepts(generated.getRuntimeHints()));
    }
}
