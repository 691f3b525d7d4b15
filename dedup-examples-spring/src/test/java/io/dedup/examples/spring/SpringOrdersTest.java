package io.dedup.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.context.ConfigurableApplicationContext;

/** The application as it is, by HTTP. */
@ExtendWith(ServersExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.MethodName.class)
@Timeout(180)
class SpringOrdersTest {

    private final HttpClient http = HttpClient.newHttpClient();
    private ConfigurableApplicationContext app;
    private String url;

    @BeforeAll
    void start(BrokerServer broker, Database database) {
        app = WithServers.start(
                broker,
                database,
                "--server.port=0",
                "--dedup.endpoint.forget=true",
                "--logging.level.root=warn",
                "--spring.main.banner-mode=off");
        url = "http://localhost:" + app.getEnvironment().getProperty("local.server.port");
    }

    @AfterAll
    void stop() {
        app.close();
    }

    @Test
    void anOrderThatIsPlacedTwiceCountsOnce() throws Exception {
        UUID ada = UUID.randomUUID();
        place(ada, "Ada", 1_200);
        place(ada, "Ada", 1_200);
        place(UUID.randomUUID(), "Ada", 300);
        await().untilAsserted(() -> assertThat(get("/actuator/dedup")).contains("\"duplicate-published\":1"));
        await().untilAsserted(() ->
                assertThat(get("/totals")).contains("{\"customer\":\"Ada\",\"orders\":2,\"cents\":1500}"));

        assertThat(get("/actuator/dedup/orders?id=" + ada)).contains("\"processedAt\":\"2");
        assertThat(get("/actuator/health"))
                .containsPattern(
                        "\"dedup\":\\{\"details\":\\{\"orders\":\\{\"phase\":\"RUNNING\",[^}]*}},\"status\":\"UP\"}");
        assertThat(get("/actuator/prometheus"))
                .contains("dedup_deliveries_total{cause=\"publisher\",consumer=\"orders\",outcome=\"duplicate\"} 1.0")
                .contains("dedup_duplicate_age_seconds_count{consumer=\"orders\"} 1")
                .contains("dedup_table_rows ");
    }

    @Test
    void anOrderOverTheLimitIsDeadLetteredAndReplayedWhenTheLimitIsRaised() throws Exception {
        UUID large = UUID.randomUUID();
        place(large, "Bob", 200_000);
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(send("GET", "/dead", "")).isEqualTo("1"));
        assertThat(get("/totals")).as("what a failed attempt wrote is undone").doesNotContain("Bob");
        assertThat(get("/actuator/dedup/orders?id=" + large)).contains("\"processedAt\":null");
        assertThat(get("/actuator/dedup/orders")).contains("\"dead-lettered\":1", "\"failed\":3");
        assertThat(get("/actuator/prometheus")).contains("dedup_dead_letters_total{consumer=\"orders\"} 1.0");

        send("PUT", "/limit?cents=500000", "");
        assertThat(send("POST", "/replay", "")).isEqualTo("{\"replayed\":1}");
        await().untilAsserted(() ->
                assertThat(get("/totals")).contains("{\"customer\":\"Bob\",\"orders\":1,\"cents\":200000}"));
    }

    @Test
    void aMessageThatIsForgottenIsProcessedAgain() throws Exception {
        UUID id = UUID.randomUUID();
        place(id, "Eve", 500);
        await().untilAsserted(() -> assertThat(get("/totals")).contains("\"Eve\",\"orders\":1"));
        assertThat(send("DELETE", "/actuator/dedup/orders?id=" + id, "")).isEqualTo("{\"forgotten\":true}");
        place(id, "Eve", 500);
        await().untilAsserted(() -> assertThat(get("/totals")).contains("\"Eve\",\"orders\":2"));
        assertThat(send("POST", "/actuator/dedup", "{}")).contains("\"olderThan\":\"PT168H\"", "\"keys\":0");
    }

    @Test
    void anOrderWithoutIdIsRefusedAtOnce() throws Exception {
        assertThat(request("POST", "/orders", "{\"customer\":\"Max\",\"cents\":1}")
                        .statusCode())
                .isEqualTo(400);
    }

    private void place(UUID id, String customer, long cents) throws Exception {
        send("POST", "/orders", "{\"id\":\"%s\",\"customer\":\"%s\",\"cents\":%d}".formatted(id, customer, cents));
    }

    private String get(String path) throws IOException, InterruptedException {
        return send("GET", path, "");
    }

    private String send(String method, String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> response = request(method, path, body);
        assertThat(response.statusCode())
                .as("%s %s: %s", method, path, response.body())
                .isBetween(200, 299);
        return response.body();
    }

    private HttpResponse<String> request(String method, String path, String body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .method(method, BodyPublishers.ofString(body))
                .header("content-type", "application/json")
                .build();
        return http.send(request, BodyHandlers.ofString());
    }
}
