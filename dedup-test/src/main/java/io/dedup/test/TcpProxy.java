package io.dedup.test;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands between clients and a server and does to their connections what networks do: cuts, stalls and refuses them, at
 * once or when a client sends a certain text.
 *
 * <pre>{@code
 * try (TcpProxy proxy = TcpProxy.to(server.host(), server.port())) {
 *     Connection connection = database.through(proxy).dataSource().getConnection();
 *     Trap trap = proxy.onClientSending("COMMIT").cutAfter(); // the server commits, the client never learns
 *     ...
 * }
 * }</pre>
 *
 * <p>It reads bytes as they are on the wire: with TLS it finds no text.
 */
public final class TcpProxy implements AutoCloseable {
    static final String HOST = InetAddress.getLoopbackAddress().getHostAddress();

    private static final Logger log = LoggerFactory.getLogger(TcpProxy.class);

    private final ServerSocket listener;
    private final InetSocketAddress server;
    private final Set<ProxyLink> links = ConcurrentHashMap.newKeySet();
    private final List<Trap> traps = new CopyOnWriteArrayList<>();
    private final Gate gate = new Gate();
    private final Traffic traffic = new Traffic();
    private volatile boolean refusing;

    private TcpProxy(ServerSocket listener, InetSocketAddress server) {
        this.listener = listener;
        this.server = server;
    }

    /**
     * Opens a proxy on a free port of 127.0.0.1. Its threads do not keep the JVM alive. The server need not run yet.
     *
     * @param host the server's host
     * @param port the server's port
     * @return a proxy that accepts connections
     */
    public static TcpProxy to(String host, int port) {
        try {
            ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            TcpProxy proxy = new TcpProxy(listener, InetSocketAddress.createUnresolved(host, port));
            ProxyLink.daemon("accept", proxy::acceptLoop);
            return proxy;
        } catch (IOException e) {
            throw new ServerException("Cannot listen on a free port of " + HOST + ".", e);
        }
    }

    /**
     * Where clients connect to, on 127.0.0.1.
     *
     * @return TCP port
     */
    public int port() {
        return listener.getLocalPort();
    }

    /** Resets every open connection now, on both sides; new ones are accepted. */
    public void cut() {
        links.forEach(ProxyLink::cut);
    }

    /** Holds all bytes back, in both directions and on new connections too, until {@link #resume()}. */
    public void stall() {
        gate.shut();
    }

    /** Lets bytes flow again, those that were held back first. */
    public void resume() {
        gate.open();
    }

    /** Cuts every open connection, and resets new ones at once, until {@link #accept()}. */
    public void refuse() {
        refusing = true;
        cut();
    }

    /** Accepts connections again. */
    public void accept() {
        refusing = false;
    }

    /**
     * The connections that are open through this proxy.
     *
     * @return their number
     */
    public int openConnections() {
        return links.size();
    }

    /**
     * Sets a trap for the next time that any client sends this text; choose on the result what it does. PostgreSQL's
     * statements are texts on the wire until the driver prepares them by name.
     *
     * @param text to be found as it is, also when it is split over several packets
     * @return a trap without effect until one of its actions is chosen
     */
    public Trap onClientSending(String text) {
        return onClientSending(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sets a trap for the next time that any client sends these bytes: for protocols that are not texts.
     *
     * @param bytes to be found, also when split over several packets; AMQP's {@code basic.ack} is {@code 0, 60, 0, 80}
     * @return a trap without effect until one of its actions is chosen
     */
    public Trap onClientSending(byte[] bytes) {
        return new Trap(this, new String(bytes, StandardCharsets.ISO_8859_1));
    }

    /**
     * What clients have sent so far.
     *
     * @return bytes, those that a trap kept back included
     */
    public long bytesFromClient() {
        return traffic.fromClient();
    }

    /**
     * What the server has sent so far.
     *
     * @return bytes, those that a trap kept back included
     */
    public long bytesFromServer() {
        return traffic.fromServer();
    }

    /**
     * How often a client began to send after its server had spoken (or first of all): with a protocol of questions and
     * answers, like PostgreSQL's, the number of round trips.
     *
     * @return round trips so far, those of connecting included
     */
    public long roundTrips() {
        return traffic.roundTrips();
    }

    /** Stops listening and cuts what is open. */
    @Override
    public void close() {
        refusing = true;
        try {
            listener.close();
        } catch (IOException e) {
            log.debug("closing the proxy's port", e);
        }
        cut();
        gate.open();
    }

    Gate gate() {
        return gate;
    }

    Traffic traffic() {
        return traffic;
    }

    List<Trap> traps() {
        return traps;
    }

    void forget(ProxyLink link) {
        links.remove(link);
    }

    private void acceptLoop() {
        while (!listener.isClosed()) {
            try {
                open(listener.accept());
            } catch (IOException e) {
                log.debug("the proxy accepts no more", e);
            }
        }
    }

    private void open(Socket client) {
        ProxyLink link = new ProxyLink(this, client);
        links.add(link);
        if (refusing) { // asked after the link is known to refuse(), so that one of the two cuts it
            link.cut();
        } else {
            link.start(server);
        }
    }
}
