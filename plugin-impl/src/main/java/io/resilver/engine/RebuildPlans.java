package io.resilver.engine;

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
    static Rebuild of(RetainedHistory history, boolean lineageKnown, Reason reason) {
        long committed = history.committedLsn().orElseThrow();
        Optional<RebuildReason> obstacle = obstacle(history, committed);
        if (obstacle.isEmpty()) {
            return new Rebuild(
                    reason,
                    lineageKnown,
                    RebuildSource.SNAPSHOT_AND_TAIL,
                    Optional.empty(),
                    history.checkpointLsn(),
                    committed);
        }
        // The base must reach the boundary, and the log must still hold what comes after the base.
        long least = Math.max(committed, history.tailLsn());
        return new Rebuild(reason, lineageKnown, RebuildSource.FULL_BASE, obstacle, least, least);
    }

    /** Why the checkpoint cannot be used, the cause that comes first. */
    private static Optional<RebuildReason> obstacle(RetainedHistory history, long committed) {
        long checkpoint = history.checkpointLsn();
        if (checkpoint == 0) {
            return Optional.of(RebuildReason.NO_CHECKPOINT);
        }
        if (!history.checkpointTrusted()) {
            return Optional.of(RebuildReason.CHECKPOINT_UNTRUSTED);
        }
        return checkpoint < history.tailLsn() || checkpoint > committed
                ? Optional.of(RebuildReason.CHECKPOINT_TAIL_NOT_REPLAYABLE)
                : Optional.empty();
    }
}
