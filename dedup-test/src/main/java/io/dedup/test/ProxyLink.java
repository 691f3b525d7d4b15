package io.dedup.test;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client's connection through a {@link TcpProxy}: two sockets and a thread for each direction. */
final class ProxyLink {
    private static final Logger log = LoggerFactory.getLogger(ProxyLink.class);
    private static final int BUFFER = 64 * 1024;

    private final TcpProxy proxy;
    private final Socket client;
    private final Socket server = new Socket();
    private final StreamSearch sent = new StreamSearch();
    private final AtomicInteger openDirections = new AtomicInteger(2);
    private final AtomicBoolean serverSpokeLast = new AtomicBoolean(true);
    private final CountDownLatch swallowed = new CountDownLatch(1);
    private volatile boolean swallowing;

    ProxyLink(TcpProxy proxy, Socket client) {
        this.proxy = proxy;
        this.client = client;
    }

    /** Connects to the server and begins to forward, without keeping the caller. */
    void start(InetSocketAddress address) {
        daemon("from-client", () -> {
            try {
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                server.connect(new InetSocketAddress(address.getHostString(), address.getPort()));
                daemon("from-server", () -> pump(server, client, this::forwardAnswer));
                pump(client, server, this::forwardRequest);
            } catch (IOException e) {
                log.debug("the proxy does not reach the server", e);
                cut();
            }
        });
    }

    /** Resets both sides: the peers see an error, not an orderly end. */
    void cut() {
        reset(client);
        reset(server);
        proxy.forget(this);
    }

    /** From now on what the server sends is kept from the client. */
    void swallowAnswer() {
        swallowing = true;
    }

    void awaitSwallowed(Duration limit) throws InterruptedException {
        if (!swallowed.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            log.debug("no answer from the server within {}", limit);
        }
    }

    private void forwardRequest(byte[] chunk) throws IOException {
        proxy.traffic().clientSent(chunk.length, serverSpokeLast.compareAndSet(true, false));
        Trap sprung = trapFor(chunk);
        if (sprung == null) {
            proxy.gate().pass();
            server.getOutputStream().write(chunk);
        } else {
            sprung.spring(this, () -> {
                proxy.gate().pass();
                server.getOutputStream().write(chunk);
            });
        }
    }

    private void forwardAnswer(byte[] chunk) throws IOException {
        serverSpokeLast.set(true);
        proxy.traffic().serverSent(chunk.length);
        proxy.gate().pass();
        if (swallowing) {
            swallowed.countDown();
        } else {
            client.getOutputStream().write(chunk);
        }
    }

    private @Nullable Trap trapFor(byte[] chunk) {
        Trap found = null;
        for (Trap trap : proxy.traps()) {
            if (found == null && sent.isCompletedBy(chunk, trap.text()) && trap.take()) {
                found = trap;
            }
        }
        sent.add(chunk);
        return found;
    }

    private void pump(Socket from, Socket to, Forwarding forwarding) {
        byte[] buffer = new byte[BUFFER];
        try {
            InputStream in = from.getInputStream();
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                forwarding.forward(Arrays.copyOf(buffer, length));
            }
            proxy.gate().pass();
            to.shutdownOutput();
            if (openDirections.decrementAndGet() == 0) {
                closeOrderly();
            }
        } catch (IOException e) {
            log.debug("a connection through the proxy ended", e);
            cut();
        }
    }

    private void closeOrderly() throws IOException {
        proxy.forget(this);
        client.close();
        server.close();
    }

    private static void reset(Socket socket) {
        try {
            if (!socket.isClosed()) {
                socket.setOption(StandardSocketOptions.SO_LINGER, 0); // close() then sends RST
            }
        } catch (IOException e) {
            log.debug("the socket is closed already", e);
        }
        try {
            socket.close();
        } catch (IOException e) {
            log.debug("closing a socket", e);
        }
    }

    static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, "tcp-proxy-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    /** What to do with the bytes that came. */
    interface Forwarding {
        void forward(byte[] chunk) throws IOException;
    }
}
