package io.resilver.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.simulation.check.Objection;
import io.resilver.simulation.guard.Guard;
import io.resilver.simulation.guard.Guards;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each test takes one guard away, by another collaborator in the wiring of the simulated hosts, and expects a checker to object
 * within so many seeds, and first of all to what the guard is there for: a run that ends for something else shows nothing. The
 * seed that shows it is sound with the guard, under the same faults.
 */
class NegativeControlsTest {
    /** Most need fewer than ten. */
    private static final int SEEDS = 200;

    static Stream<Guard> guards() {
        return Guards.list().stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("guards")
    @DisplayName("R2 to R52: without a guard a checker objects, and with it it does not")
    void objectsWithout(Guard guard) {
        Scene sound = guard.scene();
        Scene weak = sound.with(guard.without());
        for (long seed = 1; seed <= SEEDS; seed++) {
            Optional<Objection> objection = Simulation.run(seed, weak, false)
                    .objection()
                    .filter(each -> each.rule().equals(guard.objection()));
            if (objection.isPresent()) {
                assertThat(Simulation.run(seed, sound, false).objection())
                        .as("seed %d with the guard, which is objected to without it: %s", seed, objection.get())
                        .isEmpty();
                return;
            }
        }
        throw new AssertionError(
                "no checker sees " + guard.objection() + " broken without " + guard.name() + " in " + SEEDS + " runs");
    }
}
