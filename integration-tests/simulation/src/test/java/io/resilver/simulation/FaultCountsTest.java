package io.resilver.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.simulation.fault.FaultKind;
import io.resilver.simulation.fault.Mix;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is reported as gone wrong did go wrong. */
class FaultCountsTest {
    /** Most need one. */
    private static final int SEEDS = 40;

    private static Outcome run(long seed, Mix mix) {
        Outcome outcome = Simulation.run(seed, Scene.standard().with(mix), false);
        assertThat(outcome.objection()).as("seed %d", seed).isEmpty();
        return outcome;
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(FaultKind.class)
    @DisplayName("R1 to R42: each kind of fault makes something fail, with nothing beside it but crashes")
    void takesEffect(FaultKind kind) {
        Mix mix = Mix.of(kind.label(), kind, kind, kind, FaultKind.CRASH);
        long failed = 0;
        for (long seed = 1; seed <= SEEDS && failed == 0; seed++) {
            failed = run(seed, mix).faults().getOrDefault(kind, 0L);
        }
        assertThat(failed).as("it made something fail in one of %d runs", SEEDS).isPositive();
    }

    @Test
    @DisplayName("R20: holds are revoked where there are some, and a host without any is not counted")
    void nothingToRevoke() {
        isFewerThanBegun(Mix.of("pins", FaultKind.REVOKED_PINS));
    }

    @Test
    @DisplayName("R8: a checkpoint turns bad once, and one that is bad already is not counted")
    void badAlready() {
        isFewerThanBegun(Mix.of("checkpoints", FaultKind.BAD_CHECKPOINT).every(50));
    }

    @Test
    @DisplayName("R11: a disk that does not flush is counted where something was to be flushed")
    void nothingToFlush() {
        isFewerThanBegun(Mix.of("flushes", FaultKind.FAILING_FLUSH).clients(8_000));
    }

    private static void isFewerThanBegun(Mix mix) {
        Outcome outcome = run(1, mix);
        long failed =
                outcome.faults().values().stream().mapToLong(Long::longValue).sum();
        assertThat(failed).as("faults that made something fail").isLessThan(outcome.begun());
    }
}
