package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** R40: what a volume costs the ensemble while nothing happens, and while something is expected. */
class RereadingTest {
    private long now = Long.MAX_VALUE - 5; // the clock may overflow at any time
    private final Rereading rereading = new Rereading(() -> now, new Random(7));

    private int readsWithin(Duration time, boolean isWell) {
        int reads = 0;
        for (Duration left = time; ; ) {
            Duration next = rereading.dueIn(isWell);
            left = left.minus(next);
            if (left.isNegative()) {
                return reads;
            }
            now += next.toNanos();
            rereading.reads(isWell);
            reads++;
        }
    }

    @Test
    @DisplayName("R40: a volume that is well is read at most 24 times an hour, and not in step with others")
    void aVolumeThatIsWell() {
        assertThat(readsWithin(Duration.ofHours(1), true)).isBetween(12, 24);
        Rereading other = new Rereading(() -> now, new Random(8));
        rereading.reads(true);
        other.reads(true);
        assertThat(rereading.dueIn(true)).isNotEqualTo(other.dueIn(true));
    }

    @Test
    @DisplayName("R40: what is expected is looked for after a second, and less often the longer it takes")
    void whatIsExpected() {
        rereading.reads(true);
        assertThat(rereading.dueIn(false)).isEqualTo(Rereading.FIRST);
        assertThat(readsWithin(Duration.ofSeconds(31), false)).isEqualTo(5); // after 1, 2, 4, 8 and 16 s
        assertThat(readsWithin(Duration.ofHours(1), false)).isBetween(12, 16);
    }

    @Test
    @DisplayName(
            "R39: news is looked into at once, also right after a reading, then after a second and less often again")
    void news() {
        readsWithin(Duration.ofHours(1), false);
        rereading.expect();
        assertThat(rereading.dueIn(false)).isLessThanOrEqualTo(Rereading.AFTER_NEWS);
        rereading.reads(false);
        assertThat(rereading.dueIn(false)).isEqualTo(Rereading.FIRST);
        rereading.expect();
        assertThat(rereading.dueIn(false)).isEqualTo(Rereading.AFTER_NEWS);
        assertThat(rereading.dueIn(true))
                .as("a volume that it does not concern")
                .isGreaterThan(Rereading.FIRST);
        assertThat(readsWithin(Duration.ofSeconds(32), false)).isEqualTo(6); // at once, then after 1, 2, 4, 8 and 16 s
    }

    @Test
    @DisplayName(
            "R39, R40: a reading that failed is made up for soon, also of a volume that seemed well, and less often the longer it fails")
    void aReadingThatFails() {
        int reads = 0;
        for (Duration left = Duration.ofHours(1); !left.isNegative(); reads++) {
            rereading.reads(true);
            rereading.failed();
            assertThat(rereading.dueIn(true)).isLessThanOrEqualTo(reads == 0 ? Rereading.FIRST : Rereading.LONGEST);
            left = left.minus(rereading.dueIn(true));
            now += rereading.dueIn(true).toNanos();
        }
        assertThat(reads).isBetween(18, 36); // nine within the first minutes, then as often as one that is well
        rereading.reads(true);
        rereading.succeeded();
        assertThat(rereading.dueIn(true)).isGreaterThan(Rereading.FIRST);
        rereading.reads(true);
        rereading.failed();
        assertThat(rereading.dueIn(true)).isLessThanOrEqualTo(Rereading.FIRST);
    }

    @Test
    @DisplayName("R39: news that comes while the record is read is looked into after it")
    void newsDuringAReading() {
        rereading.reads(true);
        rereading.expect();
        assertThat(rereading.dueIn(false)).isEqualTo(Rereading.AFTER_NEWS);
    }
}
