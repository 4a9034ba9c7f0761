package io.resilver.engine;

import io.resilver.spi.model.ReplicaId;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a primary may acknowledge in its term (R30, R31): the last entry that is durable at every replica that is
 * required, the primary's own store included. One tracker serves one term. For one thread at a time.
 */
public final class CommitTracker {
    private final ReplicaId self;
    private final long boundary;
    private final Map<ReplicaId, Long> counted = new HashMap<>();
    private Set<ReplicaId> required = Set.of();
    private boolean enough;
    private OptionalLong committed = OptionalLong.empty();

    /**
     * A tracker that commits nothing until it is told who is required.
     *
     * @param self the primary's own replica
     * @param boundary the head that the primary adopted: nothing is committed in this term before all of it is
     */
    public CommitTracker(ReplicaId self, long boundary) {
        this.self = self;
        this.boundary = boundary;
    }

    /**
     * Says who must have an entry before it is committed. While a change of the set is not settled, that is the larger
     * set: members that may be gone and joiners that may be members.
     *
     * @param replicas members and joiners, the primary's own replica included
     * @param recordedMembers the size of the in-sync set in the volume's record
     * @param least the least size of the in-sync set; it is compared with the smaller of the two, so that a joiner
     *     whose joining may fail does not stand in for a member
     * @throws IllegalArgumentException when the primary is not among the replicas or the least size is below 1
     */
    public void require(Set<ReplicaId> replicas, int recordedMembers, int least) {
        if (!replicas.contains(self)) {
            throw new IllegalArgumentException("the primary " + self + " is not among the required " + replicas);
        }
        if (least < 1) {
            throw new IllegalArgumentException("least in-sync size " + least + " is below 1");
        }
        required = Set.copyOf(replicas);
        enough = Math.min(required.size(), recordedMembers) >= least;
        advance();
    }

    /**
     * The primary's own store is durable up to an LSN. It only rises within a term; a lower one came late.
     *
     * @param lsn inclusive
     */
    public void own(long lsn) {
        counted.merge(self, lsn, Math::max);
        advance();
    }

    /**
     * What counts for another replica: durable at this epoch, after it was fenced, at most D, reported after its
     * truncation. The last report stands, also a lower one: that is the safe side.
     *
     * @param replica not the primary's own
     * @param lsn inclusive
     * @throws IllegalArgumentException when the replica is the primary's own
     */
    public void counted(ReplicaId replica, long lsn) {
        if (replica.equals(self)) {
            throw new IllegalArgumentException("the primary's own store " + self + " counts by its flushes");
        }
        counted.put(replica, lsn);
        advance();
    }

    /**
     * A replica counts for nothing until it is counted again: its session ended. While it is required nothing more is
     * committed.
     *
     * @param replica not the primary's own
     */
    public void uncount(ReplicaId replica) {
        if (!replica.equals(self)) {
            counted.remove(replica);
        }
    }

    /**
     * What counts for a replica now.
     *
     * @param replica any replica
     * @return its LSN, or empty when it counts for nothing
     */
    public OptionalLong counted(ReplicaId replica) {
        Long lsn = counted.get(replica);
        return lsn == null ? OptionalLong.empty() : OptionalLong.of(lsn);
    }

    /**
     * The last LSN committed in this term.
     *
     * @return inclusive, at least the boundary, never falling; empty before the first commit
     */
    public OptionalLong committed() {
        return committed;
    }

    private void advance() {
        if (!enough) {
            return;
        }
        long everywhere = Long.MAX_VALUE;
        for (ReplicaId replica : required) {
            Long lsn = counted.get(replica);
            if (lsn == null) {
                return;
            }
            everywhere = Math.min(everywhere, lsn);
        }
        if (everywhere >= boundary && (committed.isEmpty() || everywhere > committed.getAsLong())) {
            committed = OptionalLong.of(everywhere);
        }
    }
}
