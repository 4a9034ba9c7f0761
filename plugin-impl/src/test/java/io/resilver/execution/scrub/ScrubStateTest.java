package io.resilver.execution.scrub;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ScrubStateTest {
    private static final int COLUMNS = 9;
    private static final String[] CHART = {
        //        R  W  R  A  P
        "RESTING  .  x  .  .  .",
        "WAITING  x  .  x  .  .",
        "READING  x  .  .  x  x",
        "ASKING   x  .  .  .  x",
        "PACING   x  .  .  .  .",
    };

    @Test
    void everyPairIsAsTheChartSays() {
        ScrubState[] all = ScrubState.values();
        assertThat(CHART).hasSameSizeAs(all);
        for (int from = 0; from < all.length; from++) {
            assertThat(CHART[from].substring(0, COLUMNS).trim()).isEqualTo(all[from].name());
            for (int to = 0; to < all.length; to++) {
                assertThat(all[from].mayBecome(all[to]))
                        .as(all[from] + " to " + all[to])
                        .isEqualTo(CHART[from].charAt(COLUMNS + 3 * to) == 'x');
            }
        }
    }
}
