package io.dedup.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TcpProxyTest {
    private final EchoServer server = new EchoServer();
    private final TcpProxy proxy = TcpProxy.to("127.0.0.1", server.port());

    @AfterEach
    void close() throws IOException {
        proxy.close();
        server.close();
    }

    @Test
    void bytes_pass_in_both_directions_and_are_counted() throws IOException {
        try (Socket client = connect()) {
            assertThat(exchange(client, "hello")).isEqualTo("hello");
            assertThat(proxy.openConnections()).isEqualTo(1);
            assertThat(proxy.bytesFromClient()).isEqualTo(5);
            assertThat(proxy.bytesFromServer()).isEqualTo(5);
        }
        await().until(() -> proxy.openConnections() == 0);
        assertThat(server.received()).isEqualTo("hello");
    }

    @Test
    void cut_resets_both_sides_and_new_connections_are_accepted() throws IOException {
        try (Socket client = connect();
                Socket next = connect()) {
            exchange(client, "a");
            proxy.cut();
            assertThat(proxy.openConnections()).isZero();
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> next.getInputStream().read()).isInstanceOf(SocketException.class);
            await().until(() -> server.received().contains("<reset>"));
        }
        try (Socket client = connect()) {
            assertThat(exchange(client, "b")).isEqualTo("b");
        }
    }

    @Test
    void while_stalled_nothing_passes_and_then_everything_in_order() throws IOException {
        try (Socket client = connect()) {
            exchange(client, "a");
            proxy.stall();
            send(client, "b");
            client.setSoTimeout(200);
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            assertThat(server.received()).isEqualTo("a");
            assertThat(proxy.openConnections()).isEqualTo(1);
            send(client, "c");
            proxy.resume();
            client.setSoTimeout(10_000);
            assertThat(read(client, 2)).isEqualTo("bc");
        }
    }

    @Test
    void refused_connections_end_at_once_until_accepted_again() throws IOException {
        try (Socket client = connect()) {
            exchange(client, "a");
            proxy.refuse();
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        assertThatThrownBy(() -> {
                    try (Socket client = connect()) {
                        exchange(client, "b");
                    }
                })
                .isInstanceOf(IOException.class);
        proxy.accept();
        try (Socket client = connect()) {
            assertThat(exchange(client, "c")).isEqualTo("c");
        }
        assertThat(server.received()).doesNotContain("b");
    }

    @Test
    void a_text_split_over_two_writes_is_found() throws Exception {
        Trap trap = proxy.onClientSending("COMMIT").cutBefore();
        try (Socket client = connect()) {
            exchange(client, "xxCOM"); // answered, so that what follows comes in another piece
            assertThat(trap.sprung()).isFalse();
            send(client, "MITyy");
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        trap.awaitSprung(Duration.ofSeconds(10));
        await().until(() -> server.received().contains("<reset>"));
        assertThat(server.received()).startsWith("xxCOM").doesNotContain("MIT");
    }

    @Test
    void a_text_split_over_two_connections_is_no_text() throws IOException {
        Trap trap = proxy.onClientSending("COMMIT").cutBefore();
        try (Socket one = connect();
                Socket other = connect()) {
            assertThat(exchange(one, "COM")).isEqualTo("COM");
            assertThat(exchange(other, "MIT")).isEqualTo("MIT");
        }
        assertThat(trap.sprung()).isFalse();
    }

    @Test
    void bytes_that_are_no_text_are_found() throws Exception {
        byte[] ack = {0, 60, 0, 80};
        Trap trap = proxy.onClientSending(ack).cutBefore();
        try (Socket client = connect()) {
            client.getOutputStream().write(new byte[] {1, 0, 60, 0, 80, (byte) 0xCE});
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        trap.awaitSprung(Duration.ofSeconds(10));
        assertThat(server.received()).doesNotContain("P");
    }

    @Test
    void a_trap_that_does_not_spring_fails_the_wait_with_a_hint() {
        Trap trap = proxy.onClientSending("COMMIT").cutBefore();
        assertThatThrownBy(() -> trap.awaitSprung(Duration.ofMillis(1)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("COMMIT")
                .hasMessageContaining("prepared");
    }

    @Test
    void a_server_that_is_down_ends_the_connection() throws IOException {
        try (TcpProxy toNobody = TcpProxy.to("127.0.0.1", FreePort.find());
                Socket client = new Socket(InetAddress.getLoopbackAddress(), toNobody.port())) {
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static String exchange(Socket client, String text) throws IOException {
        send(client, text);
        return read(client, text.length());
    }

    private static void send(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String read(Socket client, int length) throws IOException {
        return new String(client.getInputStream().readNBytes(length), StandardCharsets.US_ASCII);
    }
}
