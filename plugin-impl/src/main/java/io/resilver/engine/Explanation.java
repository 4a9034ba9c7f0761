package io.resilver.engine;

import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Decision.CatchUp;
import io.resilver.spi.plan.Decision.Rebuild;
import io.resilver.spi.plan.RebuildReason;

/** Says a decision in a sentence or two for people. Programs read the reason. */
public final class Explanation {
    private Explanation() {}

    /**
     * Explains a decision.
     *
     * @param decision what was decided
     * @param history what it was decided from
     * @param position what it was decided from
     * @return one line
     */
    public static String of(Decision decision, RetainedHistory history, ReplicaPosition position) {
        StringBuilder text = new StringBuilder(because(decision, history, position));
        if (decision instanceof CatchUp catchUp && catchUp.replayFromLsn().isPresent()) {
            text.append(" The log after LSN ")
                    .append(catchUp.replayFromLsn().getAsLong())
                    .append(" is replayed up to the committed LSN ")
                    .append(catchUp.targetLsn())
                    .append('.');
        }
        if (decision instanceof Rebuild rebuild) {
            text.append(' ').append(source(rebuild, history, position));
        }
        if (!decision.lineageKnown() && decision.target().isPresent() && !(decision instanceof Rebuild)) {
            text.append(" No lineage proves that the logs agree: contents must be compared before it is in sync.");
        }
        return text.toString();
    }

    private static String because(Decision decision, RetainedHistory history, ReplicaPosition position) {
        long flushed = position.flushedLsn();
        Divergence divergence = Divergence.of(history, position);
        return switch (decision.reason()) {
            case AT_COMMITTED -> "The replica ends at the committed LSN " + flushed + ": nothing is to be sent.";
            case AHEAD_WITHIN_LINEAGE ->
                "The replica ends at LSN " + flushed + ", above the committed LSN " + boundary(history)
                        + ", with what the source itself has there: nothing is to be sent.";
            case GAP_WITHIN_RETENTION ->
                "The replica ends at LSN " + flushed + ", and the source's log still holds what comes after it.";
            case REPLICA_AHEAD ->
                "The replica ends at LSN " + flushed + ", above the committed LSN " + boundary(history)
                        + ", and no lineage tells what it has there: it is cut back to the committed LSN.";
            case DIVERGED ->
                "The logs agree up to LSN " + divergence.lsn() + " only: the replica is cut back to it from LSN "
                        + flushed + ".";
            case TRUNCATION_UNSAFE ->
                "The replica ends at LSN " + flushed + " and would have to be cut back, but it cannot undo below LSN "
                        + position.truncationFloorLsn() + ".";
            case GAP_BEYOND_RETENTION ->
                "The source's log begins after LSN " + history.tailLsn()
                        + " and does not hold all that the replica, which ends at LSN " + flushed + ", lacks.";
            case TARGET_NOT_USABLE -> "The replica's store says that its content counts for nothing.";
            case REBUILD_REQUESTED -> "A rebuild was asked for.";
            case NO_COMMITTED_BOUNDARY ->
                "The source does not know what is committed: nothing is changed, and it is asked again later.";
            case SOURCE_INCOMPLETE ->
                "The replica knows LSN " + known(position)
                        + " to be committed, but the source's log agrees with it up to LSN " + divergence.lsn()
                        + " only: the source lacks acknowledged data, and nothing is changed.";
        };
    }

    private static String source(Rebuild rebuild, RetainedHistory history, ReplicaPosition position) {
        return rebuild.sourceReason()
                .map(reason -> "It is rebuilt from a full base of at least LSN " + rebuild.baseLsn()
                        + (rebuild.baseLsn() < rebuild.targetLsn()
                                ? " and the log after it, up to the committed LSN " + rebuild.targetLsn()
                                : "")
                        + ", because " + obstacle(reason, history, position) + ".")
                .orElseGet(() -> "It is rebuilt from the checkpoint at LSN " + rebuild.baseLsn()
                        + " and the log after it, up to the committed LSN " + rebuild.targetLsn() + ".");
    }

    private static String obstacle(RebuildReason reason, RetainedHistory history, ReplicaPosition position) {
        return switch (reason) {
            case NO_CHECKPOINT -> "the source has no checkpoint";
            case CHECKPOINT_UNTRUSTED -> "the checkpoint at LSN " + history.checkpointLsn() + " is not trusted";
            case CHECKPOINT_TAIL_NOT_REPLAYABLE ->
                history.checkpointLsn() < history.tailLsn()
                        ? "the log after the checkpoint at LSN " + history.checkpointLsn() + " is gone"
                        : "the checkpoint at LSN " + history.checkpointLsn() + " holds more than is committed";
            case CHECKPOINT_BELOW_REPLICA ->
                "the checkpoint at LSN " + history.checkpointLsn() + " is below LSN "
                        + RebuildPlans.held(position, Divergence.of(history, position), Standing.COUNTED)
                        + ", which the replica holds already";
        };
    }

    private static String boundary(RetainedHistory history) {
        return history.committedLsn().isPresent()
                ? Long.toString(history.committedLsn().getAsLong())
                : "(unknown)";
    }

    private static String known(ReplicaPosition position) {
        return position.committedLsn().isPresent()
                ? Long.toString(position.committedLsn().getAsLong())
                : "(unknown)";
    }
}
