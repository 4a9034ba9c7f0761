package io.resilver.execution;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A rate in bytes per second, with time by hand. */
class ThrottleTest {
    private static final long SECOND = 1_000_000_000L;

    private OptionalLong rate = OptionalLong.of(1_000);
    private final Throttle throttle = new Throttle(() -> rate, 0);

    private long sent(long bytes, long now) {
        throttle.sent(bytes, now);
        return throttle.waitNanos(now);
    }

    @Test
    @DisplayName("holds the rate over ten seconds of sending as fast as it allows, with a burst of a tenth of a second")
    void holdsTheRate() {
        long now = 5 * SECOND;
        long sent = 0;
        while (now < 15 * SECOND) {
            sent += 50;
            now += sent(50, now);
        }
        assertThat(sent).isBetween(10_000L, 10_150L);
    }

    @Test
    @DisplayName("time in which nothing was sent is not saved up")
    void savesNothingUp() {
        assertThat(sent(1_000, 100 * SECOND)).isEqualTo(SECOND - SECOND / 10);
    }

    @Test
    @DisplayName("without a rate nothing waits")
    void noRate() {
        rate = OptionalLong.empty();
        assertThat(sent(Long.MAX_VALUE, 0)).isZero();
    }

    @Test
    @DisplayName("what was sent before the rate was changed is paid for at the rate that is in force")
    void anotherRate() {
        rate = OptionalLong.of(10);
        assertThat(sent(1_000, 0)).isEqualTo(100 * SECOND - SECOND / 10);
        rate = OptionalLong.of(1_000);
        assertThat(throttle.waitNanos(50 * SECOND))
                .as("half is paid at the old rate")
                .isEqualTo(SECOND / 2 - SECOND / 10);
        rate = OptionalLong.empty();
        assertThat(throttle.waitNanos(50 * SECOND)).isZero();
        rate = OptionalLong.of(10);
        assertThat(throttle.waitNanos(50 * SECOND))
                .as("nothing is owed from before there was none")
                .isZero();
    }
}
