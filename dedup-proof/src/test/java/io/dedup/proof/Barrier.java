package io.dedup.proof;

import com.rabbitmq.client.Channel;
import java.io.IOException;

/** A round trip on a channel: the broker has by then done what it was asked before, for it works in order. */
final class Barrier {

    private Barrier() {}

    static void await(Object channel) throws IOException {
        ((Channel) channel).basicQos(0);
    }
}
