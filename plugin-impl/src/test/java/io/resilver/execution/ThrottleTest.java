package io.resilver.execution;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A rate in bytes per second, with time by hand. */
class ThrottleTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    @DisplayName("holds the rate over ten seconds of sending as fast as it allows, with a burst of a tenth of a second")
    void holdsTheRate() {
        Throttle throttle = new Throttle(OptionalLong.of(1_000), 5 * SECOND);
        long now = 5 * SECOND;
        long sent = 0;
        while (now < 15 * SECOND) {
            sent += 50;
            now += throttle.sent(50, now);
        }
        assertThat(sent).isBetween(10_000L, 10_150L);
    }

    @Test
    @DisplayName("time in which nothing was sent is not saved up")
    void savesNothingUp() {
        Throttle throttle = new Throttle(OptionalLong.of(1_000), 0);
        assertThat(throttle.sent(1_000, 100 * SECOND)).isEqualTo(SECOND - SECOND / 10);
    }

    @Test
    @DisplayName("without a rate nothing waits")
    void noRate() {
        assertThat(new Throttle(OptionalLong.empty(), 0).sent(Long.MAX_VALUE, 0))
                .isZero();
    }
}
