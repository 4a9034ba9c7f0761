package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.List;

/**
 * Says which replicas a volume has, and under which epoch this host is their primary. A host with an authority of its
 * own passes it in; with the built-in authority the driver makes it from the volume's record. Assignments are ordered by
 * epoch, then configuration number; an older one changes nothing (R4). It replaces the replica set of its own volume
 * only (R6).
 *
 * @param volume which volume
 * @param incarnation which incarnation of it
 * @param epoch the primary's term
 * @param configurationNumber orders assignments within an epoch, 0 or more
 * @param self the replica whose store is on this host
 * @param replicas all replicas, {@code self} included; their order means nothing
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record Assignment(
        VolumeId volume,
        Incarnation incarnation,
        Epoch epoch,
        long configurationNumber,
        ReplicaId self,
        List<ReplicaAssignment> replicas) {
    private static final int FEW = 8;

    /**
     * Copies the list and checks that no part is missing, that every replica is of this volume, once, and that {@code
     * self} is one of them.
     *
     * @throws IllegalArgumentException when it is not so, naming what is missing or wrong
     */
    public Assignment {
        if (volume == null || incarnation == null || epoch == null || self == null) {
            throw new IllegalArgumentException("an assignment needs a volume, its incarnation, an epoch and this host's"
                    + " own replica: it has " + volume + ", " + incarnation + ", " + epoch + ", " + self);
        }
        replicas = List.copyOf(replicas);
        if (configurationNumber < 0) {
            throw new IllegalArgumentException("configuration number " + configurationNumber + " is negative");
        }
        if (repeats(replicas)) {
            throw new IllegalArgumentException("a replica is listed twice in " + replicas);
        }
        boolean own = false;
        for (ReplicaAssignment each : replicas) {
            if (!each.replica().volume().equals(volume)) {
                throw new IllegalArgumentException("replica " + each.replica() + " is not of volume " + volume);
            }
            own |= each.replica().equals(self);
        }
        if (!own) {
            throw new IllegalArgumentException("replica " + self + " of this host is not among " + replicas);
        }
    }

    /** Pair by pair where there are so few, as in nearly every volume, that a set of them would cost more. */
    private static boolean repeats(List<ReplicaAssignment> replicas) {
        int count = replicas.size();
        if (count > FEW) {
            return replicas.stream().map(ReplicaAssignment::replica).distinct().count() != count;
        }
        for (int each = 1; each < count; each++) {
            for (int before = 0; before < each; before++) {
                if (replicas.get(each).replica().equals(replicas.get(before).replica())) {
                    return true;
                }
            }
        }
        return false;
    }
}
