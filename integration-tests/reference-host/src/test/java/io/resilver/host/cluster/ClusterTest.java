package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.again;
import static io.resilver.host.cluster.TestHost.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.host.disk.FileDisk;
import io.resilver.host.volume.StoreReader;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.ReplicaStatus;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three hosts with the built-in authority. */
class ClusterTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int BLOCK = 4096;

    @TempDir
    Path directory;

    private EmbeddedZooKeeper zookeeper;
    private TestHost a;
    private TestHost b;
    private TestHost c;

    @BeforeEach
    void start() throws Exception {
        zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                directory.resolve("zookeeper"), OptionalInt.empty(), Duration.ofMillis(500), Duration.ofSeconds(20)));
        a = host("a");
        b = host("b");
        c = host("c");
        again(() -> a.driver()
                .createVolume(new VolumeSpec(
                        VOLUME,
                        Stream.of(a, b, c)
                                .map(each ->
                                        new ReplicaAssignment(each.replica(), each.id(), Optional.empty(), Duty.FOLLOW))
                                .toList(),
                        1)));
        for (TestHost each : List.of(a, b, c)) {
            each.openReplica();
        }
    }

    private TestHost host(String name) throws Exception {
        return TestHost.open(name, directory, TestHost.zookeeper(zookeeper.connectString()));
    }

    @AfterEach
    void stop() throws Exception {
        for (TestHost each : new TestHost[] {a, b, c}) {
            if (each != null) {
                each.close();
            }
        }
        zookeeper.close();
    }

    private static byte[] block(int seed) {
        byte[] data = new byte[BLOCK];
        new java.util.Random(seed).nextBytes(data);
        return data;
    }

    private static void inSync(TestHost primary, TestHost... members) {
        Set<ReplicaId> wanted =
                Set.copyOf(Stream.of(members).map(TestHost::replica).toList());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(primary.driver().status().replicas())
                        .filteredOn(each -> wanted.contains(each.replica()))
                        .hasSize(members.length)
                        .allMatch(ReplicaStatus::inSync));
    }

    private static ReplicaStatus status(TestHost primary, TestHost of) {
        return primary.driver().status().replicas().stream()
                .filter(each -> each.replica().equals(of.replica()))
                .findFirst()
                .orElseThrow();
    }

    private void sameImages(long committed, TestHost... hosts) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            String first = sha(hosts[0], committed);
            for (TestHost each : hosts) {
                assertThat(sha(each, committed)).as("image of %s", each.id()).isEqualTo(first);
            }
        });
    }

    private static String sha(TestHost host, long committed) throws Exception {
        return new StoreReader(new FileDisk(), host.directory()).sha256(OptionalLong.of(committed));
    }

    @Test
    @DisplayName("R19 R30 R31: a volume is led, written, and every replica is in sync with the same image")
    void writesReachEveryMember() throws Exception {
        Leadership term = await(a.driver().lead(VOLUME));
        long last = 0;
        for (int i = 0; i < 20; i++) {
            last = a.write(term, (long) i * BLOCK, block(i));
        }
        inSync(a, b, c);
        assertThat(term.inSyncSet()).containsExactlyInAnyOrder(a.replica(), b.replica(), c.replica());
        assertThat(term.committedLsn()).hasValue(last);
        await().atMost(PATIENCE).until(term::mayServeReads);
        sameImages(last, a, b, c);
    }

    @Test
    @DisplayName("R31: a replica that missed writes leaves the set, catches up by the gap only, and joins again")
    void catchesUp() throws Exception {
        Leadership term = await(a.driver().lead(VOLUME));
        a.write(term, 0, block(0));
        inSync(a, b, c);
        c.close();
        long last = 0;
        for (int i = 1; i < 50; i++) {
            last = a.write(term, (long) i * BLOCK, block(i));
        }
        assertThat(term.inSyncSet()).containsExactlyInAnyOrder(a.replica(), b.replica());
        c = host("c");
        c.openReplica();
        inSync(a, b, c);
        assertThat(status(a, c).outcome()).contains(Outcome.CATCH_UP);
        assertThat(status(a, c).bytesSent()).isBetween(49L * BLOCK, 60L * BLOCK);
        sameImages(last, a, b, c);
    }

    @Test
    @DisplayName("R16 R18: with the log trimmed a replica is rebuilt from the snapshot, without one from a full base")
    void rebuilds() throws Exception {
        Leadership term = await(a.driver().lead(VOLUME));
        a.write(term, 0, block(0));
        inSync(a, b, c);
        for (boolean snapshot : new boolean[] {true, false}) {
            c.close();
            long last = 0;
            for (int i = 1; i < 100; i++) {
                last = a.write(term, (long) i * BLOCK, block(snapshot ? i : 1000 + i));
            }
            long committed = last;
            await().atMost(PATIENCE).until(() -> a.volume().checkpoint() >= committed);
            a.volume().trimTo(committed);
            if (!snapshot) {
                a.volume().releaseCheckpoint();
            }
            last = a.write(term, 0, block(7));
            c = host("c");
            c.openReplica();
            inSync(a, b, c);
            assertThat(status(a, c).outcome()).contains(Outcome.NEEDS_REBUILD);
            sameImages(last, a, b, c);
        }
    }

    @Test
    @DisplayName("R32 R33 R39: when the primary closes, a member takes over with a higher epoch and loses nothing")
    void takesOver() throws Exception {
        Leadership first = await(a.driver().lead(VOLUME));
        a.write(first, 0, block(1));
        inSync(a, b, c);
        a.close();
        a = null;
        Leadership second = await(b.driver().lead(VOLUME));
        assertThat(second.epoch().number()).isGreaterThan(first.epoch().number());
        long last = b.write(second, BLOCK, block(2));
        inSync(b, c);
        a = host("a");
        a.openReplica();
        inSync(b, a, c);
        sameImages(last, a, b, c);
    }
}
