package io.resilver.bench.takeover;

import io.resilver.coordination.Paths;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.server.ServerMetrics;

/**
 * What one recovery without faults costs the ensemble: a member is stopped until it left the set, goes on, is caught up and
 * joins. Quorum writes are counted by the version of the volume's record, which each of them moves. Reads are all that the
 * server answered meanwhile, those included that two hosts make at rest.
 *
 * @param quorumWrites for one recovery, the mean
 * @param reads for one recovery, the mean
 */
record RecoveryCost(double quorumWrites, double reads) {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String READS = "cnt_readlatency";

    /** Counts some recoveries of the member of a pair that does not lead. */
    static RecoveryCost measure(HostPair pair, String connect, String namespace, int runs) throws DemoException {
        try (CuratorFramework client =
                CuratorFrameworkFactory.newClient(connect, new RetryOneTime((int) PATIENCE.toMillis()))) {
            client.start();
            String path = "/" + namespace + Paths.volume(new VolumeId(HostPair.VOLUME));
            long writes = 0;
            long reads = 0;
            for (int run = 0; run < runs; run++) {
                int version = version(client, path);
                long readsBefore = readsAnswered();
                leaveAndJoin(pair.leading(), pair.following(), run);
                reads += readsAnswered() - readsBefore;
                writes += version(client, path) - version;
            }
            return new RecoveryCost((double) writes / runs, (double) reads / runs);
        }
    }

    private static void leaveAndJoin(HostProcess primary, HostProcess member, long seed) throws DemoException {
        int mark = primary.mark();
        member.signal("STOP");
        HostPair.write(primary, seed); // acknowledged once the member is out of the set
        primary.await(mark, "ReplicaLeft", any -> true, PATIENCE);
        member.signal("CONT");
        primary.await(mark, "ReplicaJoined", any -> true, PATIENCE);
    }

    private static int version(CuratorFramework client, String path) throws DemoException {
        try {
            Stat found = client.checkExists().forPath(path);
            if (found == null) {
                throw new DemoException("there is no record at " + path);
            }
            return found.getVersion();
        } catch (DemoException e) {
            throw e;
        } catch (Exception e) {
            throw new DemoException("the record at " + path + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** ZooKeeper's server counts for its whole process, and this process makes no reads but two a run. */
    private static long readsAnswered() {
        AtomicLong count = new AtomicLong();
        ServerMetrics.getMetrics().getMetricsProvider().dump((name, value) -> {
            if (name.equals(READS)) {
                count.set(((Number) value).longValue());
            }
        });
        return count.get();
    }
}
