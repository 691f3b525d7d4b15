package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DeferredImportSelector;
import org.springframework.context.annotation.Import;
import org.springframework.core.type.AnnotationMetadata;

/** What a user sees who starts the application. */
@ExtendWith(ServersExtension.class)
class DedupFailureAnalyzerTest {

    @Configuration(proxyBeanMethods = false)
    @Import(OnADataSource.class)
    static class App {}

    static class OnADataSource implements DeferredImportSelector {

        @Override
        public String[] selectImports(AnnotationMetadata importing) {
            return new String[] {BootLine.DATA_SOURCE.getName(), DedupAutoConfiguration.class.getName()};
        }
    }

    @Test
    void missingTablesAreDescribedWithTheActionInBootsTerms(Database database) {
        assertThat(startupOf(Contexts.fresh(database), "--dedup.migrate=false"))
                .contains("dedup cannot start: the table \"processed_message\" is missing.")
                .contains("Set dedup.migrate=true")
                .contains("V1__processed_message.sql");
    }

    @Test
    void aDatabaseThatIsAwayIsDescribedToo() {
        Database nowhere = new Database("127.0.0.1", 1, "none", "none", "none");
        assertThat(startupOf(nowhere, "--spring.datasource.hikari.connection-timeout=300"))
                .contains("dedup cannot start")
                .contains("Action");
    }

    private static String startupOf(Database database, String property) {
        SpringApplication app = new SpringApplication(App.class);
        app.setWebApplicationType(WebApplicationType.NONE);
        try {
            app.run("--spring.datasource.url=" + database.jdbcUrl(), property);
            return "started";
        } catch (RuntimeException e) {
            return Contexts.analysisOf(e);
        }
    }
}
