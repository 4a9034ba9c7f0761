package io.resilver.engine;

import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.plan.Decision.Rebuild;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RebuildReason;
import io.resilver.spi.plan.RebuildSource;
import java.util.Optional;

/** Where the base image of a rebuild comes from. */
final class RebuildPlans {
    private RebuildPlans() {}

    /** For a consistent history whose committed LSN is known. */
    static Rebuild of(
            RetainedHistory history,
            ReplicaPosition position,
            Divergence divergence,
            Standing standing,
            Reason reason) {
        boolean lineageKnown = divergence.lineageKnown();
        long committed = history.committedLsn().orElseThrow();
        long held = held(position, divergence, standing);
        Optional<RebuildReason> obstacle = obstacle(history, committed, held);
        if (obstacle.isEmpty()) {
            return new Rebuild(
                    reason,
                    lineageKnown,
                    RebuildSource.SNAPSHOT_AND_TAIL,
                    Optional.empty(),
                    history.checkpointLsn(),
                    committed);
        }
        // The replica must reach the boundary, and the log must still hold what comes after the base.
        long boundary = Math.max(committed, history.tailLsn());
        // A member whose store is not usable would be usable with the base, and might be taken for one that holds all
        // (R32).
        long least = standing == Standing.COUNTED && !position.usable() ? boundary : held;
        return new Rebuild(
                reason, lineageKnown, RebuildSource.FULL_BASE, obstacle, leastBase(history, boundary, least), boundary);
    }

    /**
     * The boundary, or as far as the source's image goes: the log follows from there. Where commits wait for more members than
     * there are, no image comes to the boundary before the replica does.
     */
    private static long leastBase(RetainedHistory history, long boundary, long least) {
        return history.imageLsn().isPresent()
                ? Math.min(boundary, Math.max(history.imageLsn().getAsLong(), Math.max(history.tailLsn(), least)))
                : boundary;
    }

    /**
     * What no base below the boundary may be below. A store refuses a base below its own committed (R15). Above that it would take it, and a
     * member of the in-sync set would hold less than was acknowledged until the log has followed (R30): whatever it shares with
     * the source may have been.
     */
    static long held(ReplicaPosition position, Divergence divergence, Standing standing) {
        long own = position.committedLsn().orElse(0);
        return position.usable() && standing == Standing.COUNTED ? Math.max(own, divergence.lsn()) : own;
    }

    /** Why the checkpoint cannot be used, the cause that comes first. */
    private static Optional<RebuildReason> obstacle(RetainedHistory history, long committed, long held) {
        long checkpoint = history.checkpointLsn();
        if (checkpoint == 0) {
            return Optional.of(RebuildReason.NO_CHECKPOINT);
        }
        if (!history.checkpointTrusted()) {
            return Optional.of(RebuildReason.CHECKPOINT_UNTRUSTED);
        }
        if (checkpoint < history.tailLsn() || checkpoint > committed) {
            return Optional.of(RebuildReason.CHECKPOINT_TAIL_NOT_REPLAYABLE);
        }
        return checkpoint < held ? Optional.of(RebuildReason.CHECKPOINT_BELOW_REPLICA) : Optional.empty();
    }
}
