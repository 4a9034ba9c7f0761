package io.resilver.replica;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** R30: how far a store is told at a time. */
class CommittedStepsTest {
    private static final int STEP = 1 << 20;

    private final CommittedSteps steps = new CommittedSteps();

    @Test
    @DisplayName("small appends are one step together, and what was told is behind")
    void steps() {
        for (int lsn = 1; lsn <= 10; lsn++) {
            steps.appended(lsn * 10L, STEP / 4);
        }
        assertThat(steps.next(100)).isEqualTo(40);
        assertThat(steps.next(39)).as("no farther than what is committed").isEqualTo(39);
        steps.settled(39);
        assertThat(steps.next(100)).isEqualTo(40);
        steps.settled(40);
        assertThat(steps.next(100)).isEqualTo(80);
        steps.settled(95);
        assertThat(steps.next(100)).isEqualTo(100);
    }

    @Test
    @DisplayName("many are eight on the way to what is committed, not behind it")
    void many() {
        for (int lsn = 1; lsn <= 9; lsn++) {
            steps.appended(lsn, STEP);
        }
        assertThat(steps.areMany(7)).isFalse();
        assertThat(steps.areMany(8)).isTrue();
        steps.settled(2);
        assertThat(steps.areMany(9)).isFalse();
        steps.forget();
        assertThat(steps.next(9)).isEqualTo(9);
    }

    @Test
    @DisplayName("a store that is told of nothing is not remembered for without end")
    void bounded() {
        for (int lsn = 1; lsn <= 5_000; lsn++) {
            steps.appended(lsn, STEP);
        }
        long told = 0;
        int count = 0;
        while (told < 5_000) {
            told = steps.next(5_000);
            steps.settled(told);
            count++;
        }
        assertThat(count).isEqualTo(1_025);
    }
}
