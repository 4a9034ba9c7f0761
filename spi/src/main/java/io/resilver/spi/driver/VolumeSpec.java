package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.model.VolumeId;
import java.util.List;

/**
 * A volume to be created: who holds its copies, and how many must be in sync for anything to be acknowledged.
 *
 * @param volume its id
 * @param replicas its copies; their order is the rank in which members take over
 * @param leastInSync 1 to the number of replicas
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record VolumeSpec(VolumeId volume, List<ReplicaAssignment> replicas, int leastInSync) {
    /**
     * Copies the list and checks it.
     *
     * @throws IllegalArgumentException when there is no volume id or no replica, one of another volume, one listed twice, or the least
     *     size is out of range
     */
    public VolumeSpec {
        if (volume == null) {
            throw new IllegalArgumentException("a volume needs an id");
        }
        replicas = List.copyOf(replicas);
        if (leastInSync < 1 || leastInSync > replicas.size()) {
            throw new IllegalArgumentException("least in-sync size " + leastInSync + " of volume " + volume
                    + " is not between 1 and " + replicas.size());
        }
        if (replicas.stream().map(ReplicaAssignment::replica).distinct().count() != replicas.size()) {
            throw new IllegalArgumentException("a replica is listed twice in " + replicas);
        }
        for (ReplicaAssignment each : replicas) {
            if (!each.replica().volume().equals(volume)) {
                throw new IllegalArgumentException("replica " + each.replica() + " is not of volume " + volume);
            }
        }
    }
}
