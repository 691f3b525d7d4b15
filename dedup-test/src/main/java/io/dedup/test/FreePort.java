package io.dedup.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.function.IntFunction;

/** Ports that nobody listens on, chosen by the operating system. */
final class FreePort {
    private static final int ATTEMPTS = 3;

    private FreePort() {}

    /** Starts something on a free port; when somebody else was quicker to take the port, on another. */
    static <T> T with(IntFunction<T> start) {
        for (int attempt = 1; ; attempt++) {
            int port = find();
            try {
                return start.apply(port);
            } catch (RuntimeException e) {
                if (attempt == ATTEMPTS || isFree(port)) {
                    throw e;
                }
            }
        }
    }

    static int find() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("No free port on 127.0.0.1", e);
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true); // what is left of our own attempt does not count
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
