package io.resilver.host;

import io.resilver.coordination.Volumes;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Changes of a volume's replica set and least size, one at a time, by compare-and-set of its record (R41). Where this host leads
 * the volume its term acts on a change at once; a primary elsewhere sees it when it next reads the record.
 */
final class ReplicaSet {
    private final Cluster cluster;
    private final Volumes volumes;

    ReplicaSet(Cluster cluster) {
        this.cluster = cluster;
        this.volumes = cluster.volumes();
    }

    /** It is not in sync until it joins. */
    CompletionStage<Void> add(ReplicaId replica, HostId host) {
        return volumes.addReplica(replica, host).thenAccept(record -> look(replica.volume()));
    }

    /** A member goes by the decision of its primary only, and then by one that is this host's (R31). */
    CompletionStage<Void> remove(ReplicaId replica) {
        return cluster.loop(replica.volume())
                .map(loop -> loop.remove(replica))
                .orElseGet(() -> CompletableFuture.completedFuture(false))
                .thenCompose(removed -> removed
                        ? CompletableFuture.completedFuture(null)
                        : volumes.removeReplica(replica).thenAccept(record -> look(replica.volume())));
    }

    CompletionStage<Void> changeLeast(VolumeId volume, int leastInSync) {
        return volumes.changeLeastInSync(volume, leastInSync).thenAccept(record -> look(volume));
    }

    private void look(VolumeId volume) {
        cluster.loop(volume).ifPresent(LeadLoop::recordDoubted);
    }
}
