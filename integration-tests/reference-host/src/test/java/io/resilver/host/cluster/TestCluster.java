package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.again;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Incarnation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A ZooKeeper server, and hosts by their names under one directory; whoever opens a host closes it. */
final class TestCluster implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(40);
    static final int BLOCK = 4096;

    private final Path directory;
    private final EmbeddedZooKeeper zookeeper;
    private final Records records;

    TestCluster(Path directory) throws Exception {
        this.directory = directory;
        zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                directory.resolve("zookeeper"), OptionalInt.empty(), Duration.ofMillis(500), Duration.ofMinutes(3)));
        records = new Records(zookeeper.connectString());
    }

    Records records() {
        return records;
    }

    Map<String, String> configuration() {
        return TestHost.zookeeper(zookeeper.connectString());
    }

    TestHost host(String name) throws Exception {
        return TestHost.open(name, directory, configuration());
    }

    /** Creates the volume with a replica on each host; a commit needs one member. */
    static Incarnation create(Collection<TestHost> hosts) throws Exception {
        List<ReplicaAssignment> replicas = hosts.stream()
                .map(each -> new ReplicaAssignment(each.replica(), each.id(), Optional.empty(), Duty.FOLLOW))
                .toList();
        return again(() -> hosts.iterator().next().driver().createVolume(new VolumeSpec(VOLUME, replicas, 1)));
    }

    /** Waits until the in-sync set is these hosts' replicas. */
    void inSync(TestHost... hosts) {
        Set<?> wanted = Stream.of(hosts).map(TestHost::replica).collect(Collectors.toSet());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(records.read().inSync()).isEqualTo(wanted));
    }

    /** Waits until a host has told that it let go of a store, for the only time. */
    static RecoveryEvent.StoreOrphaned orphaned(TestHost host) {
        return await().atMost(PATIENCE)
                .until(
                        () -> host.events().stream()
                                .filter(RecoveryEvent.StoreOrphaned.class::isInstance)
                                .map(RecoveryEvent.StoreOrphaned.class::cast)
                                .toList(),
                        told -> told.size() == 1)
                .get(0);
    }

    static byte[] block(int seed) {
        byte[] data = new byte[BLOCK];
        new java.util.Random(seed).nextBytes(data);
        return data;
    }

    @Override
    public void close() {
        records.close();
        zookeeper.close();
    }
}
