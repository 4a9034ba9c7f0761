package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.HostPresence;
import io.resilver.execution.Membership;
import io.resilver.execution.VolumeLeader;
import io.resilver.replica.StoreGate;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.model.ReplicaId;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Each test takes one guard away, by another collaborator in the wiring of the simulated hosts, and expects a checker to
 * object within so many seeds; the seed that shows it is sound with the guard, as are those of {@link
 * WholeHostsExplorationTest}.
 */
class NegativeControlsTest {
    /** A run or two are enough for most; the rarest took 51. */
    private static final int SEEDS = 300;

    /** A volume may also end up standing still, which shows that something is wrong, and not what: other seeds do. */
    private static void objects(String expected, Wiring without) throws Exception {
        for (long seed = 1; seed <= SEEDS; seed++) {
            Optional<String> objection = new World(seed, without).run();
            if (objection.isPresent() && !objection.get().equals(World.STANDS_STILL)) {
                assertThat(objection.get()).as("seed %d", seed).containsPattern(expected);
                assertThat(new World(seed, Wiring.SOUND).run())
                        .as("seed %d with the guard", seed)
                        .isEmpty();
                return;
            }
        }
        throw new AssertionError("no checker objects in " + SEEDS + " runs");
    }

    @Test
    @DisplayName("R2: without the gate a store accepts a lower token after a higher one")
    void gateOff() throws Exception {
        objects("accepted .* after", new Wiring() {
            @Override
            public StoreGate gate(StoreGate real) {
                return new OpenGate();
            }
        });
    }

    @Test
    @DisplayName("R2: with the primary's own writer outside the gate a store accepts a lower token after a higher one")
    void ownWriterOutside() throws Exception {
        objects("accepted .* after", new Wiring() {
            @Override
            public VolumeLeader.LocalGate ownWriter(VolumeLeader.LocalGate real) {
                return () -> () -> {};
            }
        });
    }

    @Test
    @DisplayName("R32: with a candidate outside the in-sync set what was acknowledged is lost")
    void candidateOutside() throws Exception {
        objects("lost|went on without|stale|in epoch \\d+ and in epoch", new Wiring() {
            @Override
            public CoordinationStore store(CoordinationStore real, HostRuntime runtime, ReplicaId self) {
                return WeakStore.memberAlways(real, runtime, self);
            }
        });
    }

    @Test
    @DisplayName("R31: with acknowledgement before removal what was acknowledged is lost")
    void acknowledgedBeforeRemoval() throws Exception {
        objects("lost|went on without|stale|in epoch \\d+ and in epoch", new Wiring() {
            @Override
            public Membership membership(Membership real) {
                return new ImpatientMembership(real);
            }
        });
    }

    @Test
    @DisplayName("R37, R38: with a policy that acts only when the session is known to be lost, reads are stale")
    void onlyOnLost() throws Exception {
        objects("stale", new Wiring() {
            @Override
            public boolean mayRead(Leadership term, HostPresence presence) {
                return presence.node().isPresent() && term.committedLsn().isPresent();
            }
        });
    }

    @Test
    @DisplayName("R35: with a blind retry of an ambiguous transaction two hosts write at a time, or entries are lost")
    void blindRetry() throws Exception {
        objects("two writers|lost|went on without|stale|in epoch \\d+ and in epoch", new Wiring() {
            @Override
            public CoordinationStore store(CoordinationStore real, HostRuntime runtime, ReplicaId self) {
                return WeakStore.blindRetry(real, runtime);
            }
        });
    }

    @Test
    @DisplayName("R32, R35: with version -1 two hosts write at a time, or entries are lost")
    void anyVersion() throws Exception {
        objects("two writers|lost|went on without|stale|in epoch \\d+ and in epoch", new Wiring() {
            @Override
            public CoordinationStore store(CoordinationStore real, HostRuntime runtime, ReplicaId self) {
                return WeakStore.anyVersion(real, runtime);
            }
        });
    }
}
