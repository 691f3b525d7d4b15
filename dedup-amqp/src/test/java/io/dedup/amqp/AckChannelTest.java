package io.dedup.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Trap 9: {@code multiple} acknowledges everything older on the channel. */
class AckChannelTest {

    private final FakeChannel fake = new FakeChannel();
    private final AckChannel channel = AckChannel.exclusive(fake.channel(), () -> {});

    @BeforeEach
    void receive() {
        for (long tag = 1; tag <= 5; tag++) {
            channel.received(tag);
        }
    }

    @Test
    void whatNothingOlderIsLeftOfIsAcknowledgedTogether() {
        channel.ack(List.of(1L, 2L, 3L));
        assertThat(fake.calls).containsExactly("basicAck[3, true]");
    }

    @Test
    void behindOneThatIsHeldEachIsAcknowledgedAlone() {
        channel.ack(List.of(2L, 3L));
        channel.ack(List.of(5L));
        assertThat(fake.calls).containsExactly("basicAck[2, false]", "basicAck[3, false]", "basicAck[5, false]");
        channel.ack(List.of(1L));
        assertThat(fake.calls).last().isEqualTo("basicAck[1, false]");
    }

    @Test
    void aRejectionIsAlwaysOfOne() {
        channel.reject(2);
        channel.release(3);
        channel.releaseAfterFailure(4);
        assertThat(fake.calls)
                .containsExactly("basicReject[2, false]", "basicNack[3, false, true]", "basicReject[4, true]");
        channel.ack(List.of(1L, 5L));
        assertThat(fake.calls).last().isEqualTo("basicAck[5, true]");
    }

    @Test
    void onAChannelOfOthersNothingIsAcknowledgedTogether() {
        AckChannel shared = AckChannel.shared(fake.channel());
        shared.ack(List.of(1L, 2L));
        assertThat(fake.calls).containsExactly("basicAck[1, false]", "basicAck[2, false]");
    }
}
