package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.again;
import static io.resilver.host.cluster.TestHost.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.host.volume.FileVolume;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host makes of a disk and of a record that do not fit together. */
class OpeningTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int BLOCK = 4096;

    @TempDir
    Path directory;

    private EmbeddedZooKeeper zookeeper;
    private Records records;
    private TestHost a;
    private TestHost b;

    @BeforeEach
    void start() throws Exception {
        zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                directory.resolve("zookeeper"), OptionalInt.empty(), Duration.ofMillis(500), Duration.ofSeconds(20)));
        records = new Records(zookeeper.connectString());
        a = TestHost.open("a", directory, TestHost.zookeeper(zookeeper.connectString()));
        b = TestHost.open("b", directory, TestHost.zookeeper(zookeeper.connectString()));
    }

    @AfterEach
    void stop() throws Exception {
        a.close();
        b.close();
        records.close();
        zookeeper.close();
    }

    private Incarnation create(TestHost... hosts) throws Exception {
        return again(() -> a.driver()
                .createVolume(new VolumeSpec(
                        VOLUME,
                        Stream.of(hosts)
                                .map(each ->
                                        new ReplicaAssignment(each.replica(), each.id(), Optional.empty(), Duty.FOLLOW))
                                .toList(),
                        1)));
    }

    private static byte[] block(int seed) {
        byte[] data = new byte[BLOCK];
        new java.util.Random(seed).nextBytes(data);
        return data;
    }

    @Test
    @DisplayName("R36: a volume that was created again is opened anew: the store of its old incarnation is let go")
    void opensTheIncarnationOfTheRecord() throws Exception {
        create(a);
        a.openReplica();
        FileVolume old = a.volume();
        assertThat(await(a.driver().openReplica(a.replica()))).isSameAs(old);
        records.delete();
        Incarnation second = create(a);
        assertThatThrownBy(() -> a.openReplica())
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining(second.value());
        Files.move(a.directory(), directory.resolve("old"));
        a.openReplica();
        assertThat(a.volume()).isNotSameAs(old);
        Leadership term = await(a.driver().lead(VOLUME));
        a.write(term, 0, block(1));
    }

    @Test
    @DisplayName(
            "R36: the last member's disk was replaced: it is not served, and the right disk is taken when it is back")
    void theLastMembersOtherDiskIsNotServed() throws Exception {
        create(a, b);
        a.openReplica();
        Leadership term = await(a.driver().lead(VOLUME)); // b is not there: a leads alone
        a.write(term, 0, block(1));
        assertThat(records.read().inSync()).isEqualTo(Set.of(a.replica()));
        a.close();
        Path right = a.directory();
        Path aside = directory.resolve("aside");
        Files.move(right, aside);
        a = TestHost.open("a", directory, TestHost.zookeeper(zookeeper.connectString()));
        assertThatThrownBy(() -> a.openReplica())
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining("last member")
                .hasMessageContaining("put the right disk back");
        assertThatThrownBy(() -> await(a.driver().lead(VOLUME))).hasCauseInstanceOf(PermanentException.class);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(a.events()).anyMatch(RecoveryEvent.StoreReplaced.class::isInstance));
        Files.move(right, directory.resolve("wrong"));
        Files.move(aside, right);
        a.openReplica();
        term = await(a.driver().lead(VOLUME));
        a.write(term, BLOCK, block(2));
        ByteBuffer read = ByteBuffer.allocate(BLOCK);
        a.volume().read(0, read);
        assertThat(read.array()).isEqualTo(block(1));
    }

    /** Makes a store that has promised an epoch, and closes it. */
    private static void promised(TestHost host, Incarnation incarnation, Epoch epoch) throws Exception {
        try (FileVolume store = host.adapter().open(host.replica(), incarnation)) {
            store.target().promise(epoch);
        }
    }

    @Test
    @DisplayName(
            "R42: after the record was restored, the first mint that meets a higher promise makes the next one exceed it")
    void mintsAboveAPromiseThatItMet() throws Exception {
        Incarnation incarnation = create(a, b);
        promised(b, incarnation, new Epoch(1000, new MintId("before")));
        a.openReplica();
        b.openReplica();
        Leadership term = await(a.driver().lead(VOLUME));
        assertThat(term.epoch().number()).isEqualTo(1001);
        a.write(term, 0, block(1));
        assertThat(term.inSyncSet()).isEqualTo(Set.of(a.replica(), b.replica()));
    }

    @Test
    @DisplayName(
            "R42: a store that promised another term of the recorded number is reported, and comes back with a higher one")
    void aConflictIsReportedAndPasses() throws Exception {
        Incarnation incarnation = create(a, b);
        Epoch promised = new Epoch(7, new MintId("before"));
        Epoch recorded = new Epoch(7, new MintId("after"));
        promised(b, incarnation, promised);
        records.setEpoch(recorded);
        b.openReplica();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(b.events())
                        .contains(new RecoveryEvent.EpochConflict(b.replica(), recorded, promised)));
        a.openReplica();
        Leadership term = await(a.driver().lead(VOLUME));
        assertThat(term.epoch().number()).isEqualTo(8);
        long last = a.write(term, 0, block(1));
        await().atMost(PATIENCE).until(() -> records.read().inSync().equals(Set.of(a.replica(), b.replica())));
        await().atMost(PATIENCE).until(() -> b.volume().appendedLsn() >= last);
    }

    @Test
    @DisplayName("R42: the only store of a volume settles a conflict by a higher epoch of its own")
    void aConflictAtTheOnlyStoreIsSettledByItsOwnMint() throws Exception {
        Incarnation incarnation = create(a);
        promised(a, incarnation, new Epoch(7, new MintId("before")));
        records.setEpoch(new Epoch(7, new MintId("after")));
        a.openReplica();
        Leadership term = await(a.driver().lead(VOLUME));
        assertThat(term.epoch().number()).isEqualTo(8);
        a.write(term, 0, block(1));
        assertThat(a.events()).anyMatch(RecoveryEvent.EpochConflict.class::isInstance); // a take-over and a write ago
    }
}
