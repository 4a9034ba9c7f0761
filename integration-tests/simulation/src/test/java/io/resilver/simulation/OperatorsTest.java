package io.resilver.simulation;

import static io.resilver.simulation.fault.FaultKind.BIT_ROT;
import static io.resilver.simulation.fault.FaultKind.CANCEL;
import static io.resilver.simulation.fault.FaultKind.CHANGED_LEAST;
import static io.resilver.simulation.fault.FaultKind.CRASH;
import static io.resilver.simulation.fault.FaultKind.FAILING_FLUSH;
import static io.resilver.simulation.fault.FaultKind.FULL_DISK;
import static io.resilver.simulation.fault.FaultKind.GIVING_UP;
import static io.resilver.simulation.fault.FaultKind.ISOLATION;
import static io.resilver.simulation.fault.FaultKind.PARTITION;
import static io.resilver.simulation.fault.FaultKind.PAUSE;
import static io.resilver.simulation.fault.FaultKind.REMOVED_AND_CRASHED;
import static io.resilver.simulation.fault.FaultKind.REMOVED_REPLICA;
import static io.resilver.simulation.fault.FaultKind.REPLACED_DISK;
import static io.resilver.simulation.fault.FaultKind.SLOW_RATE;
import static io.resilver.simulation.fault.FaultKind.TAKEN_IN_HAND;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.simulation.fault.Mix;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole hosts under seeds, and people who do something to them meanwhile, and do not always do it to the end. */
class OperatorsTest {
    private static void isSound(long seed, Mix mix) {
        Outcome outcome = Simulation.run(seed, Scene.standard().with(mix), false);
        assertThat(outcome.objection()).as("seed %d with %s", seed, mix.name()).isEmpty();
        assertThat(mix.weights().keySet()).as("all of it happened").allMatch(outcome.faults()::containsKey);
    }

    @ParameterizedTest
    @ValueSource(longs = {8, 19})
    @DisplayName(
            "R22: a recovery that began at a rate that is very slow does not stay slow once the rate is another one")
    void slowRates(long seed) {
        Mix mix = Mix.of("rates that change", SLOW_RATE, SLOW_RATE, CRASH, REPLACED_DISK, PARTITION, ISOLATION)
                .every(400);
        isSound(seed, mix);
    }

    @Test
    @DisplayName(
            "R13, R22: what a policy has given up, by way of a rebuild, holds nothing, and comes back once somebody asks again")
    void givenUp() {
        Mix mix = Mix.of(
                        "policies that give up",
                        GIVING_UP,
                        GIVING_UP,
                        GIVING_UP,
                        BIT_ROT,
                        FULL_DISK,
                        CRASH,
                        REPLACED_DISK,
                        PARTITION)
                .every(400);
        isSound(3, mix);
    }

    private static final Mix SETS = Mix.of(
                    "replica sets that change",
                    REMOVED_REPLICA,
                    REMOVED_AND_CRASHED,
                    CHANGED_LEAST,
                    CRASH,
                    PAUSE,
                    ISOLATION,
                    FAILING_FLUSH)
            .every(400);

    @ParameterizedTest
    @ValueSource(longs = {4, 5})
    @DisplayName(
            "R36, R41: a replica that is removed is let go of, also by a store that fails to close, and comes into the set"
                    + " again once it is added, also unnoticed; a primary commits with as many members as its record says")
    void replicaSets(long seed) {
        isSound(seed, SETS);
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 5})
    @DisplayName(
            "R12, R13: a recovery that a person drives by hand, and leaves half done, holds nothing and keeps nobody out"
                    + " once it is given back")
    void byHand(long seed) {
        Mix mix = Mix.of(
                        "recoveries that are taken in hand",
                        TAKEN_IN_HAND,
                        TAKEN_IN_HAND,
                        TAKEN_IN_HAND,
                        CRASH,
                        REPLACED_DISK,
                        PARTITION,
                        CANCEL)
                .every(400);
        isSound(seed, mix);
    }
}
