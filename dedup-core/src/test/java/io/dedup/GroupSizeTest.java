package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class GroupSizeTest {

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1_000); // nanoTime may overflow
    private final GroupSize size = new GroupSize(100, clock::get);

    @Test
    void aFailureHalvesAndFullGroupsThatGoWellGrowItAgain() {
        size.failed(100);
        assertThat(size.current()).isEqualTo(50);
        size.good(49);
        assertThat(size.current()).as("a smaller group proves nothing").isEqualTo(50);
        for (int i = 0; i < 4; i++) {
            size.good(size.current());
        }
        assertThat(size.current()).isEqualTo(100);
    }

    @Test
    void aSmallGroupThatFailsSaysThatSmallGroupsFail() {
        size.failed(6);
        assertThat(size.current()).isEqualTo(3);
        size.failed(1);
        assertThat(size.current()).isOne();
    }

    @Test
    void collisionsMakeItOneByOneAndEachPauseIsLongerThanTheLast() {
        assertThat(size.collided(100)).isFalse();
        assertThat(size.collided(100))
                .as("another worker's group of the same time")
                .isFalse();
        assertThat(size.current()).isEqualTo(25);
        assertThat(size.collided(25)).isFalse();
        assertThat(size.collided(6)).isTrue();
        assertThat(size.current()).isOne();
        Duration first = untilItGrows();
        size.collided(2);
        Duration second = untilItGrows();
        assertThat(first).isGreaterThanOrEqualTo(Duration.ofSeconds(8));
        assertThat(second).isGreaterThan(first.multipliedBy(3).dividedBy(2));
    }

    @Test
    void whenItHasReachedTheMaximumAgainThePausesStartAnew() {
        GroupSize two = new GroupSize(2, clock::get);
        two.collided(2);
        Duration first = untilItGrows(two);
        two.collided(2);
        assertThat(untilItGrows(two)).isLessThan(first.multipliedBy(2));
    }

    private Duration untilItGrows() {
        return untilItGrows(size);
    }

    private Duration untilItGrows(GroupSize groups) {
        long start = clock.get();
        int before = groups.current();
        while (groups.current() == before) {
            clock.addAndGet(Duration.ofMillis(100).toNanos());
            groups.good(before);
        }
        return Duration.ofNanos(clock.get() - start);
    }
}
