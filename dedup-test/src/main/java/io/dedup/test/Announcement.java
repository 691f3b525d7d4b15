package io.dedup.test;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says which server was taken, so that nobody has to guess what a green test ran on. */
final class Announcement {
    private static final Logger log = LoggerFactory.getLogger(Announcement.class);

    private Announcement() {}

    static void of(Object server) {
        System.out.println("dedup-test: " + server); // in sight also where logging is off, as in a build's output
        log.info("{}", server);
    }
}
