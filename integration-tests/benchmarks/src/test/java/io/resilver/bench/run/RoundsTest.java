package io.resilver.bench.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.bench.Main;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How often a comparison measures. */
class RoundsTest {
    private final AtomicLong nanos = new AtomicLong(-Duration.ofSeconds(5).toNanos());

    private void pass(int seconds) {
        nanos.addAndGet(Duration.ofSeconds(seconds).toNanos());
    }

    private int countRounds(Rounds rounds, int secondsEach) {
        int done = 0;
        while (rounds.goesOn(done)) {
            pass(secondsEach);
            done++;
        }
        return done;
    }

    @Test
    @DisplayName("there are as many rounds as are wanted, where there is time")
    void allOfThem() {
        assertThat(countRounds(Rounds.within(5, Duration.ofSeconds(50), nanos::get), 10))
                .isEqualTo(5);
        assertThat(countRounds(Rounds.exactly(3), 1_000_000)).isEqualTo(3);
    }

    @Test
    @DisplayName("no round begins that would end too late, if it took as long as the one before; what is set up counts")
    void fewer() {
        Rounds rounds = Rounds.within(5, Duration.ofSeconds(50), nanos::get);
        pass(15);
        assertThat(countRounds(rounds, 10)).isEqualTo(3);
    }

    @Test
    @DisplayName("there is one round, however long it took to set up")
    void one() {
        Rounds rounds = Rounds.within(5, Duration.ofSeconds(50), nanos::get);
        pass(100);
        assertThat(countRounds(rounds, 100)).isEqualTo(1);
    }

    @Test
    @DisplayName("all comparisons together have 39 minutes, the rest of 40 is for what they begin and end with")
    void allTogether() {
        assertThat(Main.benches().stream().map(Bench::time).reduce(Duration.ZERO, Duration::plus))
                .isLessThanOrEqualTo(Duration.ofMinutes(39));
    }
}
