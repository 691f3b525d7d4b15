package io.dedup.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ServerChoiceTest {
    @Test
    void the_first_way_that_this_machine_has_is_taken() {
        assertThat(choose(
                        null, absent(ServerKind.ENVIRONMENT), present(ServerKind.CONTAINER), present(ServerKind.QPID)))
                .isEqualTo("CONTAINER");
    }

    @Test
    void a_way_that_breaks_gives_way_to_the_next() {
        assertThat(choose(" ", way(ServerKind.CONTAINER, "", ServerChoiceTest::broken), present(ServerKind.BINARIES)))
                .isEqualTo("BINARIES");
    }

    @Test
    void a_server_that_the_environment_names_is_never_replaced_by_another() {
        assertThatThrownBy(() -> choose(
                        null, way(ServerKind.ENVIRONMENT, "", ServerChoiceTest::broken), present(ServerKind.BINARIES)))
                .hasMessage("it broke");
    }

    @Test
    void a_forced_way_is_taken_although_others_come_first() {
        assertThat(choose("Binaries", present(ServerKind.CONTAINER), present(ServerKind.BINARIES)))
                .isEqualTo("BINARIES");
        assertThat(choose("CONTAINERS", present(ServerKind.ENVIRONMENT), present(ServerKind.CONTAINER)))
                .isEqualTo("CONTAINER");
    }

    @Test
    void a_forced_way_that_is_missing_fails_and_says_what_is_missing() {
        assertThatThrownBy(() -> choose("containers", absent(ServerKind.CONTAINER), present(ServerKind.BINARIES)))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("No thing: CONTAINER is missing, do this")
                .hasMessageContaining("DEDUP_SERVERS");
    }

    @Test
    void a_forced_way_that_breaks_fails() {
        assertThatThrownBy(() -> choose(
                        "containers",
                        way(ServerKind.CONTAINER, "", ServerChoiceTest::broken),
                        present(ServerKind.BINARIES)))
                .hasMessage("it broke");
    }

    @Test
    void forcing_qpid_takes_postgresqls_own_binaries() {
        assertThat(choose("qpid", present(ServerKind.CONTAINER), present(ServerKind.BINARIES)))
                .isEqualTo("BINARIES");
    }

    @Test
    void an_unknown_way_is_refused_with_the_known_ones() {
        assertThatThrownBy(() -> choose("podman", present(ServerKind.BINARIES)))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("\"podman\"")
                .hasMessageContaining("environment, containers, binaries or qpid");
    }

    @Test
    void when_nothing_works_all_reasons_are_told() {
        assertThatThrownBy(() -> choose(
                        null, absent(ServerKind.CONTAINER), way(ServerKind.BINARIES, "", ServerChoiceTest::broken)))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("CONTAINER is missing")
                .hasMessageContaining("it broke");
    }

    @Test
    void what_is_missing_is_told_with_what_to_do() {
        assertThat(EnvironmentPostgres.missing(null))
                .hasValueSatisfying(
                        text -> assertThat(text).contains("DEDUP_JDBC_URL is not set", "jdbc:postgresql://"));
        assertThat(EnvironmentBroker.missing(" "))
                .hasValueSatisfying(text -> assertThat(text).contains("DEDUP_AMQP_URI is not set", "amqp://"));
        assertThat(RabbitInstallation.missing(List.of(Path.of("/nowhere"))))
                .hasValueSatisfying(text -> assertThat(text).contains("no rabbitmq-server", "install"));
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    private static String choose(String setting, Way<String>... ways) {
        return ServerChoice.start("thing", List.of(ways), setting);
    }

    private static String broken() {
        throw new ServerException("it broke");
    }

    private static Way<String> present(ServerKind kind) {
        return way(kind, "", kind::name);
    }

    private static Way<String> absent(ServerKind kind) {
        return way(kind, kind + " is missing, do this", ServerChoiceTest::broken);
    }

    private static Way<String> way(ServerKind kind, String missing, Supplier<String> start) {
        return new Way<>(kind, () -> missing.isEmpty() ? Optional.empty() : Optional.of(missing), start);
    }
}
