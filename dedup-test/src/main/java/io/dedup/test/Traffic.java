package io.dedup.test;

import java.util.concurrent.atomic.AtomicLong;

/** Counts what goes through a proxy. */
final class Traffic {
    private final AtomicLong fromClient = new AtomicLong();
    private final AtomicLong fromServer = new AtomicLong();
    private final AtomicLong roundTrips = new AtomicLong();

    void clientSent(int bytes, boolean afterServer) {
        fromClient.addAndGet(bytes);
        if (afterServer) {
            roundTrips.incrementAndGet();
        }
    }

    void serverSent(int bytes) {
        fromServer.addAndGet(bytes);
    }

    long fromClient() {
        return fromClient.get();
    }

    long fromServer() {
        return fromServer.get();
    }

    long roundTrips() {
        return roundTrips.get();
    }
}
