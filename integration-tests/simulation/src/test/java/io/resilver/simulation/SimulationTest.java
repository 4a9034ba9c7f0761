package io.resilver.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.simulation.fault.FaultKind;
import io.resilver.simulation.fault.Mix;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whole hosts under seeds, as the driver has them: the checkers have nothing to object. */
class SimulationTest {
    /** More with the profile chaos. */
    private static final int SEEDS = Boolean.getBoolean("resilver.chaos") ? 2_000 : 30;

    private final Set<FaultKind> faults = EnumSet.noneOf(FaultKind.class);
    private final Map<Recovered, Long> recoveries = new TreeMap<>();
    private long acknowledged;

    private void isSound(long seed, Scene scene) {
        Outcome outcome = Simulation.run(seed, scene, false);
        assertThat(outcome.objection())
                .as(
                        "./resilver simulate --seed %d --seeds 1 --hosts %d --replicas %d --volumes %d --steps %d",
                        seed, scene.hosts(), scene.replicas(), scene.volumes(), scene.steps())
                .isEmpty();
        faults.addAll(outcome.faults().keySet());
        outcome.recoveries().forEach((each, count) -> recoveries.merge(each, count, Long::sum));
        acknowledged += outcome.acknowledged();
    }

    @Test
    @DisplayName(
            "R1 to R42: through everything that can go wrong one host writes at a time, nothing acknowledged is lost, no"
                    + " diverged replica is called in sync, no read is stale, no pin stays, and everything comes back")
    void sound() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            isSound(seed, Scene.standard());
        }
        assertThat(faults).as("everything went wrong").hasSizeGreaterThan(FaultKind.values().length - 3);
        assertThat(recoveries.keySet().stream().map(Recovered::toString))
                .as("every kind of recovery was needed")
                .anyMatch(each -> each.startsWith("CATCH_UP/DIVERGED"))
                .anyMatch(each -> each.startsWith("CATCH_UP/GAP"))
                .anyMatch(each -> each.startsWith("NEEDS_REBUILD"))
                .anyMatch(each -> each.startsWith("ZERO_GAP"));
        assertThat(acknowledged).as("it gets somewhere").isGreaterThan(100L * SEEDS);
    }

    @Test
    @DisplayName("R6: two hosts, and five with volumes spread over them")
    void otherSizes() {
        for (long seed = 1; seed <= 1 + SEEDS / 10; seed++) {
            isSound(seed, scene(2, 2, 1));
            isSound(seed, scene(5, 3, 4));
        }
    }

    private static Scene scene(int hosts, int replicas, int volumes) {
        Scene standard = Scene.standard();
        return new Scene(hosts, replicas, volumes, standard.steps(), standard.mix(), standard.liberties(), Set.of());
    }

    @Test
    @DisplayName("R1 to R42: seeds that nobody has run before")
    void fresh() {
        long first = new SecureRandom().nextInt(Integer.MAX_VALUE);
        System.out.println("fresh seeds from " + first + " on");
        for (long seed = first; seed < first + SEEDS / 5; seed++) {
            isSound(seed, Scene.standard());
        }
    }

    @Test
    @DisplayName("R4, R42: a host that moves after the coordination service was restored is reached where it is")
    void movesAfterARestore() {
        Mix mix = Mix.of(
                "records that are restored",
                FaultKind.ENSEMBLE_RESTORE,
                FaultKind.ENSEMBLE_RESTORE,
                FaultKind.CRASH,
                FaultKind.CRASH,
                FaultKind.ISOLATION);
        isSound(188, Scene.standard().with(mix));
    }

    @Test
    @DisplayName("R39, R41: what a hint tells of is looked into again where the coordination service does not answer")
    void aHintIsNotLost() {
        isSound(2_082_774_571, Scene.standard());
    }

    private static final Mix PUT_BACK = Mix.of(
                    "records that are put back",
                    FaultKind.ENSEMBLE_RESTORE,
                    FaultKind.ENSEMBLE_RESTORE,
                    FaultKind.ENSEMBLE_RESTORE,
                    FaultKind.CRASH,
                    FaultKind.CRASH,
                    FaultKind.RESTART)
            .every(500);

    @Test
    @DisplayName("R42: a store that was opened since the backup of a record that is put back comes into the set again")
    void openedSinceTheBackup() {
        isSound(1, Scene.standard().with(PUT_BACK));
        isSound(3, Scene.standard().with(PUT_BACK));
    }

    @Test
    @DisplayName(
            "R42: a store that promised the number of a primary to another mint comes into the set again, though that primary is well")
    void promisedToAnotherMint() {
        for (long seed : new long[] {3, 8, 128, 166}) {
            isSound(seed, Scene.standard().with(PUT_BACK));
        }
    }

    @Test
    @DisplayName(
            "R36: what a process that died has written of its disk is no word about the disk that came in its place")
    void replacedWhileItsOpeningIsWritten() {
        Mix mix = Mix.of("disks that are replaced soon", FaultKind.RESTART, FaultKind.CRASH, FaultKind.REPLACED_DISK)
                .every(500);
        isSound(63, Scene.standard().with(mix));
        isSound(77, Scene.standard().with(mix));
        isSound(97, Scene.standard().with(mix));
    }
}
