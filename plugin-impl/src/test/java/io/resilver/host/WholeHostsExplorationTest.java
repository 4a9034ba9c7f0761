package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whole hosts under a seed, as the driver has them: the checkers have nothing to object. */
class WholeHostsExplorationTest {
    /** More with the profile chaos. */
    private static final int SEEDS = Boolean.getBoolean("resilver.chaos") ? 2_000 : 30;

    private static final int LEAST_A_RUN = 50;

    @Test
    @DisplayName(
            "R2, R30 to R39: through cuts, pauses, crashes and lost sessions one host writes at a time, nothing acknowledged"
                    + " is lost, and no read is stale")
    void sound() throws Exception {
        long acknowledged = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            World world = new World(seed, Wiring.SOUND);
            assertThat(world.run()).as("seed %d%n%s", seed, world.trace()).isEmpty();
            acknowledged += world.acknowledged();
        }
        assertThat(acknowledged).as("the exploration gets somewhere").isGreaterThan(LEAST_A_RUN * (long) SEEDS);
    }
}
