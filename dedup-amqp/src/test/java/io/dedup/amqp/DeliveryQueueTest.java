package io.dedup.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The order of a business entity's messages, whoever works on them. */
@Timeout(10)
class DeliveryQueueTest {

    private final AckChannel channel = AckChannel.shared(new FakeChannel().channel());
    private long tags;

    private HeldDelivery<String> held(String content, String entity) {
        return new HeldDelivery<>(content, channel, ++tags, 0, entity);
    }

    private static List<String> take(DeliveryQueue<String> queue, int lane, int most) throws InterruptedException {
        List<HeldDelivery<String>> taken = queue.take(lane, most, () -> false);
        return taken.stream().map(HeldDelivery::content).toList();
    }

    @Test
    void anEntityHasOneLaneAndNumberedOnesAreSpread() throws Exception {
        DeliveryQueue<String> queue = new DeliveryQueue<>(4);
        for (int entity = 0; entity < 400; entity++) {
            queue.add(held(entity + " first", "account-" + entity));
        }
        for (int entity = 0; entity < 400; entity++) {
            queue.add(held(entity + " second", "account-" + entity));
        }
        int all = 0;
        for (int lane = 0; lane < 4; lane++) {
            List<String> taken = take(queue, lane, 1_000);
            all += taken.size();
            assertThat(taken).hasSizeGreaterThan(100); // of 200 on average
            assertThat(taken.stream()
                            .filter(each -> each.endsWith("first"))
                            .map(each -> each.replace("first", "second")))
                    .allMatch(taken::contains);
        }
        assertThat(all).isEqualTo(800);
    }

    @Test
    void behindOneThatWaitsLaterOnesOfItsEntityWaitAndOthersPass() throws Exception {
        DeliveryQueue<String> queue = new DeliveryQueue<>(1);
        HeldDelivery<String> failed = held("a1", "a");
        queue.addAll(List.of(failed, held("a2", "a"), held("b1", "b"), held("a3", "a"), held("none", null)));
        assertThat(queue.take(0, 1, () -> false)).containsExactly(failed);
        assertThat(queue.waits(failed)).isTrue();
        assertThat(take(queue, 0, 10)).containsExactly("b1", "none");
        queue.addFirst(failed);
        assertThat(take(queue, 0, 10)).containsExactly("a1");
        failed.settled();
        queue.settled(failed);
        assertThat(take(queue, 0, 10)).containsExactly("a2", "a3");
    }

    @Test
    void whereTheOneThatWaitedIsGoneWithItsChannelLaterOnesGoOn() throws Exception {
        FakeChannel gone = new FakeChannel();
        DeliveryQueue<String> queue = new DeliveryQueue<>(1);
        HeldDelivery<String> failed = new HeldDelivery<>("a1", AckChannel.shared(gone.channel()), 1, 0, "a");
        queue.add(failed);
        assertThat(queue.take(0, 1, () -> false)).containsExactly(failed);
        assertThat(queue.waits(failed)).isTrue();
        gone.open = false;
        queue.add(held("a1 again", "a"));
        assertThat(take(queue, 0, 10)).containsExactly("a1 again");
    }

    /** Settled on a connection's thread, which has not come to the queue yet. */
    @Test
    void behindOneThatIsSettledAtThisMomentNothingIsForgottenAndTheOrderStays() throws Exception {
        DeliveryQueue<String> queue = new DeliveryQueue<>(1);
        HeldDelivery<String> first = held("a1", "a");
        queue.addAll(List.of(first, held("a2", "a"), held("a3", "a")));
        assertThat(queue.take(0, 1, () -> false)).containsExactly(first);
        assertThat(queue.waits(first)).isTrue();
        queue.add(held("b1", "b"));
        assertThat(take(queue, 0, 10)).containsExactly("b1"); // a2 and a3 are behind a1 now
        first.settled();
        queue.add(held("a4", "a"));
        assertThat(take(queue, 0, 10)).containsExactly("a2", "a3", "a4");
        queue.settled(first);
        queue.add(held("a5", "a"));
        assertThat(take(queue, 0, 10)).containsExactly("a5");
    }

    @Test
    void whatIsPausedIsNotTakenAndNothingIsLostOverIt() throws Exception {
        DeliveryQueue<String> queue = new DeliveryQueue<>(1);
        queue.pause();
        queue.add(held("1", null));
        List<String> taken = new ArrayList<>();
        Thread worker = new Thread(() -> {
            try {
                taken.addAll(take(queue, 0, 10));
            } catch (InterruptedException e) {
                taken.add("interrupted");
            }
        });
        worker.start();
        worker.join(200);
        assertThat(taken).isEmpty();
        queue.resume();
        worker.join();
        assertThat(taken).allMatch(Objects::nonNull).containsExactly("1");
    }
}
