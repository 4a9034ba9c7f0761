package io.resilver.coordination;

import static io.resilver.coordination.Ensemble.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host costs the ensemble, as the server itself counts it. */
class ScaleTest {
    private static final int VOLUMES = 20;
    private static final int BUCKETS = 256;
    private static final int AT_A_TIME = 100;

    /** A persistent watch counts twice at the server: for the node and for its children. */
    private static final int WATCHES = 2;

    @Test
    @DisplayName("R40: a host has one ephemeral node and one watch, however many volumes it leads")
    void aHostCostsOneNodeAndOneWatch(@TempDir Path directory) throws Exception {
        try (Ensemble ensemble = new Ensemble(directory);
                HostFixture host = new HostFixture(ensemble, "scale", "h1", 7001).started()) {
            ObjectName tree = tree(ensemble);
            await().until(() -> watches(tree) == WATCHES);
            for (int i = 0; i < VOLUMES; i++) {
                ReplicaId replica = new ReplicaId(new VolumeId("v" + i), "r1");
                get(host.volumes()
                        .create(new VolumeSpec(
                                replica.volume(),
                                List.of(new ReplicaAssignment(
                                        replica, new HostId("h1"), Optional.empty(), Duty.FOLLOW)),
                                1)));
                DiskFixture disk = new DiskFixture("d" + i);
                VolumeAuthority authority = host.authority(replica);
                get(authority.admit(disk.identity, disk));
                TwoHosts.lead(authority);
                assertThat(host.record(replica)).isPresent(); // after the last change, which would set a watch off
            }
            assertThat(watches(tree)).isEqualTo(WATCHES);
            assertThat(ephemerals(tree)).isEqualTo(1);
        }
    }

    @Test
    @DisplayName(
            "R40: volumes come and go by the thousands, and no znode gets many children; each costs a quorum write to make"
                    + " where its bucket is there, and one to delete")
    void manyVolumesComeAndGo(@TempDir Path directory) throws Exception {
        int volumes = Boolean.getBoolean("resilver.chaos") ? 100_000 : 2_000;
        try (Ensemble ensemble = new Ensemble(directory);
                Ensemble.Raw raw = ensemble.raw();
                HostFixture host = new HostFixture(ensemble, "scale", "h1", 7001).started()) {
            Map<VolumeId, Incarnation> made = new ConcurrentHashMap<>();
            inParts(volumes, i -> create(host, volume(i), made));
            Set<String> buckets = get(host.store.children(Paths.VOLUMES));
            assertThat(buckets).hasSizeLessThanOrEqualTo(BUCKETS);
            int found = 0;
            for (String bucket : buckets) {
                Set<String> there = get(host.store.children(Paths.VOLUMES + "/" + bucket));
                assertThat(there).hasSizeLessThanOrEqualTo(2 * volumes / BUCKETS + 20);
                found += there.size();
            }
            assertThat(found).isEqualTo(volumes);

            List<VolumeId> more = IntStream.range(volumes, 2 * volumes)
                    .mapToObj(ScaleTest::volume)
                    .filter(each -> buckets.contains(bucket(each)))
                    .limit(AT_A_TIME)
                    .toList();
            long before = writes(ensemble, raw, "scale", host);
            inParts(more.size(), i -> create(host, more.get(i), made));
            assertThat(writes(ensemble, raw, "scale", host) - before).isEqualTo(more.size());

            before = writes(ensemble, raw, "scale", host);
            List<VolumeId> all = List.copyOf(made.keySet());
            inParts(
                    all.size(),
                    i -> host.volumes()
                            .delete(all.get(i), made.get(all.get(i)), () -> CompletableFuture.completedFuture(null)));
            assertThat(writes(ensemble, raw, "scale", host) - before).isEqualTo(all.size());
            for (String bucket : buckets) {
                assertThat(get(host.store.children(Paths.VOLUMES + "/" + bucket)))
                        .isEmpty();
            }
        }
    }

    @Test
    @DisplayName(
            "R40: the first volume of a bucket costs three quorum writes: one that finds no bucket, the bucket, the volume")
    void theFirstOfABucket(@TempDir Path directory) throws Exception {
        try (Ensemble ensemble = new Ensemble(directory);
                Ensemble.Raw raw = ensemble.raw();
                HostFixture host = new HostFixture(ensemble, "scale", "h1", 7001).started()) {
            Map<VolumeId, Incarnation> made = new ConcurrentHashMap<>();
            get(create(host, volume(0), made)); // what is above all buckets is there
            VolumeId other = volume(1);
            assertThat(bucket(other)).isNotEqualTo(bucket(volume(0)));
            long before = writes(ensemble, raw, "scale", host);
            get(create(host, other, made));
            assertThat(writes(ensemble, raw, "scale", host) - before).isEqualTo(3);
        }
    }

    @Test
    @DisplayName("R40: a member that leaves and joins again, as in a recovery without faults, costs two quorum writes")
    void leavingAndJoining(@TempDir Path directory) throws Exception {
        try (Ensemble ensemble = new Ensemble(directory);
                Ensemble.Raw raw = ensemble.raw();
                TwoHosts hosts = new TwoHosts(ensemble)) {
            VolumeAuthority first = hosts.first();
            hosts.second();
            Tenure tenure = TwoHosts.lead(first);
            long before = writes(ensemble, raw, "two-hosts", hosts.hostOne, hosts.hostTwo);
            get(tenure.leave(hosts.two));
            get(tenure.join(hosts.two, hosts.diskTwo.identity));
            assertThat(writes(ensemble, raw, "two-hosts", hosts.hostOne, hosts.hostTwo) - before)
                    .isEqualTo(2);
            assertThat(hosts.record().inSync()).contains(hosts.two);
        }
    }

    private static CompletionStage<Void> create(HostFixture host, VolumeId volume, Map<VolumeId, Incarnation> made) {
        List<ReplicaAssignment> replicas = Stream.of("a", "b", "c")
                .map(name -> new ReplicaAssignment(
                        new ReplicaId(volume, name), new HostId(name), Optional.empty(), Duty.FOLLOW))
                .toList();
        return host.volumes()
                .create(new VolumeSpec(volume, replicas, 2))
                .thenAccept(incarnation -> made.put(volume, incarnation));
    }

    private static String bucket(VolumeId volume) {
        String path = Paths.volume(volume);
        return path.substring(Paths.VOLUMES.length() + 1, path.lastIndexOf('/'));
    }

    /** How many changes the server has ordered so far, without the hosts' heartbeats. */
    private static long writes(Ensemble ensemble, Ensemble.Raw raw, String namespace, HostFixture... hosts)
            throws Exception {
        ObjectName tree = tree(ensemble);
        while (true) {
            long heartbeats = heartbeats(raw, namespace, hosts);
            long all = Long.decode((String) beans().getAttribute(tree, "LastZxid"));
            if (heartbeats == heartbeats(raw, namespace, hosts)) {
                return all - heartbeats;
            }
        }
    }

    /** How often the hosts' nodes were written. */
    private static long heartbeats(Ensemble.Raw raw, String namespace, HostFixture... hosts) throws Exception {
        long all = 0;
        for (HostFixture each : hosts) {
            String node = "/" + namespace + Paths.host(each.session.node().orElseThrow());
            all += raw.client().exists(node, false).getVersion();
        }
        return all;
    }

    private static VolumeId volume(int i) {
        return new VolumeId("volume-" + i);
    }

    /** So many at a time that the server is busy, and its queue short. */
    private static void inParts(int volumes, IntFunction<CompletionStage<Void>> work) throws Exception {
        for (int from = 0; from < volumes; from += AT_A_TIME) {
            List<CompletionStage<Void>> part = IntStream.range(from, Math.min(volumes, from + AT_A_TIME))
                    .mapToObj(work)
                    .toList();
            for (CompletionStage<Void> each : part) {
                get(each);
            }
        }
    }

    private static ObjectName tree(Ensemble ensemble) throws Exception {
        String port =
                ensemble.connectString().substring(ensemble.connectString().lastIndexOf(':') + 1);
        Set<ObjectName> found = beans().queryNames(
                        new ObjectName("org.apache.ZooKeeperService:name0=StandaloneServer_port" + port
                                + ",name1=InMemoryDataTree"),
                        null);
        assertThat(found).hasSize(1);
        return found.iterator().next();
    }

    private static int watches(ObjectName tree) throws Exception {
        return (Integer) beans().getAttribute(tree, "WatchCount");
    }

    private static int ephemerals(ObjectName tree) throws Exception {
        return (Integer) beans().invoke(tree, "countEphemerals", new Object[0], new String[0]);
    }

    private static MBeanServer beans() {
        return ManagementFactory.getPlatformMBeanServer();
    }
}
