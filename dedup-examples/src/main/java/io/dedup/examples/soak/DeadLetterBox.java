package io.dedup.examples.soak;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/** What is in the dead-letter queue: each message's name, and the reason it came with. */
record DeadLetterBox(Map<String, String> reasons, int copies) {

    static final String NO_REASON = "none";

    /** Reads all of it and leaves it there: nothing is acknowledged. */
    static DeadLetterBox read(TestBed bed) throws IOException, TimeoutException {
        Map<String, String> reasons = new HashMap<>();
        int copies = 0;
        try (Connection connection = bed.broker.connectionFactory().newConnection();
                Channel channel = connection.createChannel()) {
            for (GetResponse dead = channel.basicGet(TestBed.DEAD, false);
                    dead != null;
                    dead = channel.basicGet(TestBed.DEAD, false)) {
                copies++;
                reasons.put(Message.nameIn(dead.getBody()), reasonOf(dead));
            }
        }
        return new DeadLetterBox(reasons, copies);
    }

    private static String reasonOf(GetResponse dead) {
        Map<String, Object> headers = dead.getProps().getHeaders();
        Object reason = headers == null ? null : headers.get("x-dedup-reason");
        return reason == null ? NO_REASON : reason.toString();
    }
}
