package io.resilver.simulation;

import static io.resilver.simulation.QuietWorld.disk;
import static io.resilver.simulation.QuietWorld.replica;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.execution.scrub.ScrubOptions;
import io.resilver.simulation.disk.Disk;
import io.resilver.simulation.host.Liberties;
import io.resilver.simulation.host.SimulatedHost;
import io.resilver.spi.driver.ScrubStatus;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.event.RecoveryEvent.ContentDiffers;
import io.resilver.spi.event.RecoveryEvent.CorruptionFound;
import io.resilver.spi.event.RecoveryEvent.ImageDiffers;
import io.resilver.spi.model.LogEntry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whole hosts compare their logs: what has rotted silently is found and told of, and nothing else is. */
class ScrubTest {
    /** More with the profile chaos. */
    private static final int SEEDS = Boolean.getBoolean("resilver.chaos") ? 500 : 8;

    private static final Liberties SCRUBBING = new Liberties() {
        @Override
        public ScrubOptions scrub() {
            return new ScrubOptions(1 << 16, 512, Duration.ofMillis(200));
        }
    };

    @Test
    @DisplayName(
            "R7: a byte that has rotted silently at a replica in sync is found, told of with its range, and left as it is")
    void rotAtAReplica() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            QuietWorld world = whole(seed);
            SimulatedHost rotten = world.follower();
            long lsn = rot(rotten);
            assertThat(world.pass(
                            Duration.ofSeconds(5),
                            () -> !world.told(ContentDiffers.class).isEmpty()))
                    .as("seed %d: entry %d of %s is found", seed, lsn, rotten.id())
                    .isTrue();
            ContentDiffers told = world.told(ContentDiffers.class).get(0);
            assertThat(told.replica()).isEqualTo(replica(rotten));
            assertThat(told.afterLsn()).isLessThan(lsn);
            assertThat(told.upToLsn()).isGreaterThanOrEqualTo(lsn);
            assertThat(world.status(replica(rotten)).scrub().differing()).isPresent();
            staysAsItIs(world, rotten, lsn);
        }
    }

    @Test
    @DisplayName("R7: a byte that has rotted at the primary is found as well, by each replica that it is compared with")
    void rotAtThePrimary() {
        QuietWorld world = whole(1);
        SimulatedHost rotten = world.leader();
        long lsn = rot(rotten);
        assertThat(world.pass(
                        Duration.ofSeconds(5),
                        () -> world.told(ContentDiffers.class).stream()
                                        .map(ContentDiffers::replica)
                                        .distinct()
                                        .count()
                                == 2))
                .isTrue();
        staysAsItIs(world, rotten, lsn);
    }

    @Test
    @DisplayName(
            "R7: a byte of an image that has rotted silently is found by comparing it with the primary's at one LSN, while writes go on")
    void silentlyRottenImage() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            QuietWorld world = whole(seed);
            assertThat(world.pass(
                            Duration.ofSeconds(10),
                            () -> world.status(replica(world.follower()))
                                            .scrub()
                                            .passes()
                                    > 0))
                    .as("seed %d: images can be compared", seed)
                    .isTrue();
            assertThat(world.told(ImageDiffers.class)).isEmpty();
            SimulatedHost rotten = world.follower();
            long at = disk(rotten).rotImageSilently();
            assertThat(world.pass(
                            Duration.ofSeconds(10),
                            () -> !world.told(ImageDiffers.class).isEmpty()))
                    .as("seed %d: byte %d of %s is found", seed, at, rotten.id())
                    .isTrue();
            ImageDiffers told = world.told(ImageDiffers.class).get(0);
            assertThat(told.replica()).isEqualTo(replica(rotten));
            assertThat(told.offset()).isLessThanOrEqualTo(at);
            assertThat(told.offset() + told.bytes()).isGreaterThan(at);
            assertThat(world.status(replica(rotten)).scrub().differingImage()).isPresent();
            world.pass(Duration.ofSeconds(5));
            assertThat(world.isWhole()).as("nobody is removed for it").isTrue();
            assertThat(world.told(RecoveryEvent.ReplicaLeft.class)).isEmpty();
            assertThat(world.defects).isEmpty();
        }
    }

    @Test
    @DisplayName(
            "bytes that cannot be read at a replica are told of as corrupt, with their place, and are no difference")
    void corruptAtAReplica() {
        QuietWorld world = whole(1);
        SimulatedHost rotten = world.follower();
        disk(rotten).rot();
        assertThat(world.pass(
                        Duration.ofSeconds(5),
                        () -> !world.told(CorruptionFound.class).isEmpty()))
                .isTrue();
        CorruptionFound told = world.told(CorruptionFound.class).get(0);
        assertThat(told.replica()).isEqualTo(replica(rotten));
        assertThat(told.cause().where()).isEqualTo("log");
        assertThat(world.told(ContentDiffers.class)).isEmpty();
        assertThat(world.isWhole()).isTrue();
        assertThat(world.defects).isEmpty();
    }

    @Test
    @DisplayName(
            "a byte of an image that has rotted is found by its own host, whether it leads or follows, and stays as it is")
    void rottenImage() {
        for (boolean leads : new boolean[] {true, false}) {
            QuietWorld world = whole(1);
            SimulatedHost rotten = leads ? world.leader() : world.follower();
            disk(rotten).rotImage();
            assertThat(world.pass(
                            Duration.ofSeconds(10),
                            () -> !rotten.running()
                                    .orElseThrow()
                                    .host()
                                    .corruptImages()
                                    .isEmpty()))
                    .isTrue();
            CorruptionFound told = world.told(CorruptionFound.class).get(0);
            assertThat(told.replica()).isEqualTo(replica(rotten));
            assertThat(told.cause().where()).isEqualTo("image");
            assertThat(rotten.running().orElseThrow().host().corruptImages())
                    .extracting(ScrubStatus.Corrupt::offset)
                    .containsExactly(told.cause().offset());
            world.pass(Duration.ofSeconds(5));
            assertThat(world.isWhole()).as("nobody is removed for it").isTrue();
            assertThat(world.told(RecoveryEvent.ReplicaLeft.class)).isEmpty();
            assertThat(world.told(CorruptionFound.class))
                    .allMatch(each -> each.replica().equals(replica(rotten)));
            assertThat(world.defects).isEmpty();
            assertThat(rotten.running().orElseThrow().host().ledger().count())
                    .as("R12: keep-up's pins only")
                    .isEqualTo(leads ? 2 : 0);
        }
    }

    @Test
    @DisplayName(
            "R1 to R42: through everything that can go wrong no log is said to differ that does not, and no pin stays")
    void noFalseAlarm() {
        Scene scene = Scene.standard().with(() -> SCRUBBING);
        for (long seed = 1; seed <= SEEDS; seed++) {
            assertThat(Simulation.run(seed, scene, false).objection())
                    .as("seed %d with a scrub", seed)
                    .isEmpty();
        }
    }

    private static QuietWorld whole(long seed) {
        QuietWorld world = new QuietWorld(seed, 3, SCRUBBING);
        assertThat(world.pass(Duration.ofSeconds(20), world::isWhole)).isTrue();
        world.pass(Duration.ofSeconds(1));
        world.holdLogs();
        world.pass(Duration.ofSeconds(2));
        assertThat(world.told(ContentDiffers.class)).isEmpty();
        return world;
    }

    /** The middle of what is durable is committed for long. */
    private static long rot(SimulatedHost host) {
        List<LogEntry> log = disk(host).durableLog();
        long lsn = log.get(log.size() / 2).lsn();
        disk(host).rotSilently(lsn);
        return lsn;
    }

    private static void staysAsItIs(QuietWorld world, SimulatedHost rotten, long lsn) {
        Disk disk = disk(rotten);
        LogEntry entry = entry(disk, lsn);
        int events = world.told(RecoveryEvent.RecoveryPlanned.class).size();
        world.pass(Duration.ofSeconds(5));
        assertThat(entry(disk, lsn)).as("nothing is repaired").isEqualTo(entry);
        assertThat(world.told(RecoveryEvent.RecoveryPlanned.class)).hasSize(events);
        assertThat(world.told(RecoveryEvent.ReplicaLeft.class)).isEmpty();
        assertThat(world.isWhole()).as("nobody is removed for it").isTrue();
        assertThat(world.defects).isEmpty();
    }

    private static LogEntry entry(Disk disk, long lsn) {
        return disk.durableLog().stream()
                .filter(each -> each.lsn() == lsn)
                .findAny()
                .orElseThrow();
    }
}
