package io.dedup.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** Sends back what it gets, and remembers it. */
final class EchoServer implements AutoCloseable {
    private final ServerSocket listener;
    private final Queue<String> received = new ConcurrentLinkedQueue<>();
    private final List<Socket> accepted = new CopyOnWriteArrayList<>();

    EchoServer() {
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ProxyLink.daemon("echo", this::acceptLoop);
    }

    int port() {
        return listener.getLocalPort();
    }

    String received() {
        return String.join("", received);
    }

    private void acceptLoop() {
        try {
            while (true) {
                Socket socket = listener.accept();
                accepted.add(socket);
                ProxyLink.daemon("echo", () -> echo(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void echo(Socket socket) {
        try (socket) {
            for (int b = socket.getInputStream().read();
                    b >= 0;
                    b = socket.getInputStream().read()) {
                received.add(String.valueOf((char) b));
                socket.getOutputStream().write(b);
            }
        } catch (IOException e) {
            received.add("<reset>");
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : accepted) {
            socket.close();
        }
    }
}
