package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.VolumeRecord;
import io.resilver.host.disk.DiskOperations;
import io.resilver.host.disk.FileDisk;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A member's disk is replaced by an empty one, restored from a backup, or swapped with another host's, while its host is down:
 * whole hosts over real files. Nobody leads when it comes back, so that what it counts for before it is rebuilt can be seen.
 */
class ReplacedDiskTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int BLOCK = 4096;
    private static final List<String> ALL = List.of("a", "b", "c");

    @TempDir
    Path directory;

    private final Map<String, TestHost> hosts = new TreeMap<>();
    private TestCluster cluster;
    private Records records;

    /** All three are in sync, with one block written, and all are down. */
    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster(directory);
        records = cluster.records();
        for (String name : ALL) {
            host(name);
        }
        TestCluster.create(hosts.values());
        for (TestHost each : hosts.values()) {
            each.openReplica();
        }
        writeWithAll(1);
        allDown();
    }

    @AfterEach
    void stop() throws Exception {
        allDown();
        cluster.close();
    }

    private TestHost host(String name) throws Exception {
        TestHost opened = cluster.host(name);
        assertThat(hosts.put(name, opened)).as("the host that is open already").isNull();
        return opened;
    }

    private TestHost opened(String name) throws Exception {
        TestHost host = host(name);
        host.openReplica();
        return host;
    }

    /** Whoever leads goes first and hands over: the others stay members. */
    private void allDown() throws Exception {
        for (TestHost each : hosts.values()) {
            each.close();
        }
        hosts.clear();
    }

    private static ReplicaId replica(String name) {
        return new ReplicaId(VOLUME, name);
    }

    private static Set<ReplicaId> replicas(String... names) {
        return Stream.of(names).map(ReplacedDiskTest::replica).collect(Collectors.toSet());
    }

    private Path disk(String host) {
        return directory.resolve(host);
    }

    private StoreIdentity recorded(String name) throws Exception {
        return records.read().replicas().stream()
                .filter(each -> each.id().equals(replica(name)))
                .findFirst()
                .flatMap(VolumeRecord.Replica::store)
                .orElseThrow();
    }

    private static byte[] block(int number) {
        byte[] data = new byte[BLOCK];
        new java.util.Random(number).nextBytes(data);
        return data;
    }

    /** Host a leads, all three come to be in sync, and the next block is acknowledged by all. */
    private void writeWithAll(int number) throws Exception {
        TestHost a = hosts.get("a");
        Leadership term = await(a.driver().lead(VOLUME));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(records.read().inSync()).isEqualTo(replicas("a", "b", "c")));
        a.write(term, (long) number * BLOCK, block(number));
    }

    /** A host whose disk is not the one that the record knows: noticed at open, and no member, candidate or source. */
    private TestHost openedWithAnotherDisk(String name, String... stillMembers) throws Exception {
        StoreIdentity before = recorded(name);
        TestHost host = opened(name);
        assertThat(records.read().inSync()).isEqualTo(replicas(stillMembers));
        assertThat(host.volume().target().position().usable()).isFalse();
        assertThat(recorded(name)).isEqualTo(host.volume().target().identity()).isNotEqualTo(before);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.events())
                        .filteredOn(RecoveryEvent.StoreReplaced.class::isInstance)
                        .singleElement()
                        .satisfies(each -> {
                            RecoveryEvent.StoreReplaced replaced = (RecoveryEvent.StoreReplaced) each;
                            assertThat(replaced.replica()).isEqualTo(replica(name));
                            assertThat(replaced.recorded()).isEqualTo(before);
                        }));
        return host;
    }

    /** The hosts that are down come up; those whose disks are others are rebuilt, and then have what all have. */
    private void areRebuilt(String... names) throws Exception {
        List<CompletableFuture<Leadership>> asked = Stream.of(names)
                .map(each -> hosts.get(each).driver().lead(VOLUME).toCompletableFuture())
                .toList();
        for (String each : ALL) {
            if (!hosts.containsKey(each)) {
                opened(each);
            }
        }
        writeWithAll(3);
        assertThat(asked).as("terms of those that were no candidates").allMatch(each -> !each.isDone());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(hosts.get("a").events())
                        .filteredOn(RecoveryEvent.RecoveryCompleted.class::isInstance)
                        .map(each -> ((RecoveryEvent.RecoveryCompleted) each).report())
                        .filteredOn(each -> each.reason().name().equals("TARGET_NOT_USABLE"))
                        .map(each -> each.replica().name())
                        .containsExactlyInAnyOrder(names));
    }

    private void allHave(int... blocks) {
        for (TestHost each : hosts.values()) {
            for (int block : blocks) {
                await().atMost(PATIENCE).untilAsserted(() -> {
                    ByteBuffer read = ByteBuffer.allocate(BLOCK);
                    each.volume().read((long) block * BLOCK, read);
                    assertThat(read.array())
                            .as("block %s of %s", block, each.id())
                            .isEqualTo(block(block));
                });
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(from)) {
            all = walk.toList();
        }
        for (Path each : all) {
            Files.copy(each, to.resolve(from.relativize(each)));
        }
    }

    @Test
    @DisplayName("R36: a member's disk that was replaced by an empty one counts for nothing until it was rebuilt")
    void anEmptyDisk() throws Exception {
        DiskOperations.deleteTree(new FileDisk(), disk("c"));
        openedWithAnotherDisk("c", "a", "b");
        areRebuilt("c");
        allHave(1, 3);
    }

    @Test
    @DisplayName("R36: a member's disk that was restored from a backup counts for nothing until it was rebuilt")
    void aRestoredDisk() throws Exception {
        Path backup = directory.resolve("backup");
        copy(disk("c"), backup);
        for (String each : ALL) {
            opened(each);
        }
        writeWithAll(2);
        allDown();
        DiskOperations.deleteTree(new FileDisk(), disk("c"));
        Files.move(backup, disk("c"));
        openedWithAnotherDisk("c", "a", "b");
        areRebuilt("c");
        allHave(1, 2, 3);
    }

    @Test
    @DisplayName("R36: two members' disks that were swapped count for nothing, either of them, until they were rebuilt")
    void swappedDisks() throws Exception {
        Path aside = directory.resolve("aside");
        Files.move(disk("b"), aside);
        Files.move(disk("c"), disk("b"));
        Files.move(aside, disk("c"));
        openedWithAnotherDisk("b", "a", "c");
        openedWithAnotherDisk("c", "a");
        areRebuilt("b", "c");
        allHave(1, 3);
    }

    @Test
    @DisplayName(
            "R36: a store that lies where another replica's should be is refused by name, and no record is changed for it")
    void anothersStore() throws Exception {
        TestHost b = host("b");
        Path own = b.directory();
        Path others = disk("c").resolve(disk("b").relativize(own).getParent()).resolve("c");
        DiskOperations.deleteTree(new FileDisk(), own);
        copy(others, own);
        assertThatThrownBy(b::openReplica)
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContainingAll("is the store of replica vol/c", "to be opened for vol/b");
        assertThat(records.read().inSync()).isEqualTo(replicas("a", "b", "c"));
        DiskOperations.deleteTree(new FileDisk(), own);
        allDown();
        openedWithAnotherDisk("b", "a", "c");
        areRebuilt("b");
        allHave(1, 3);
    }
}
