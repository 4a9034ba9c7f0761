package io.resilver.engine;

import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Decision.CatchUp;
import io.resilver.spi.plan.Decision.Undecided;
import io.resilver.spi.plan.Decision.ZeroGap;
import io.resilver.spi.plan.Reason;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Decides what a replica needs: (retained history, replica position) to outcome and proof in one (R8). Pure and total:
 * any numbers are answered, the same ones always alike. The rows are those of the decision table; the first one that
 * matches decides.
 */
public final class Planner {
    /** What a rebuild can be asked for: the reasons that lead to one by themselves, and the wish. */
    private static final Set<Reason> REBUILD_REASONS = EnumSet.of(
            Reason.TRUNCATION_UNSAFE, Reason.GAP_BEYOND_RETENTION, Reason.TARGET_NOT_USABLE, Reason.REBUILD_REQUESTED);

    private Planner() {}

    /**
     * Decides with no permission to lose anything, for a replica that may be counted on.
     *
     * @param history what the source offers, its committed LSN being the boundary of the primary
     * @param position where the replica stands, read after it was fenced (R34)
     * @return the decision, or the field that makes the facts inconsistent
     */
    public static Planned plan(RetainedHistory history, ReplicaPosition position) {
        return plan(history, position, Permission.NONE, Standing.COUNTED);
    }

    /**
     * Decides.
     *
     * @param history what the source offers, its committed LSN being the boundary of the primary
     * @param position where the replica stands, read after it was fenced (R34)
     * @param permission whether this one plan may lose entries that the replica knows to be acknowledged
     * @param standing whether what is acknowledged rests on the replica
     * @return the decision, or the field that makes the facts inconsistent
     */
    public static Planned plan(
            RetainedHistory history, ReplicaPosition position, Permission permission, Standing standing) {
        Optional<Planned.Inconsistent> problem = Consistency.problem(history, position); // row 1
        if (problem.isPresent()) {
            return problem.get();
        }
        Divergence divergence = Divergence.of(history, position);
        return new Planned.Decided(withheld(history, position, divergence, permission)
                .orElseGet(() -> decide(history, position, divergence, standing)));
    }

    /**
     * Plans a rebuild whatever the replica holds. Rows 1 to 3 still come first: a wish does not make facts consistent,
     * and does not permit to lose acknowledged data.
     *
     * @param history what the source offers, its committed LSN being the boundary of the primary
     * @param position where the replica stands, read after it was fenced (R34)
     * @param reason why a rebuild: asked for, or what an attempt to do less came upon
     * @param permission whether this one plan may lose entries that the replica knows to be acknowledged
     * @param standing whether what is acknowledged rests on the replica
     * @return the rebuild, undecided, or the field that makes the facts inconsistent
     * @throws IllegalArgumentException when the reason is not one for a rebuild
     */
    public static Planned planRebuild(
            RetainedHistory history,
            ReplicaPosition position,
            Reason reason,
            Permission permission,
            Standing standing) {
        if (!REBUILD_REASONS.contains(reason)) {
            throw new IllegalArgumentException(reason + " is no reason for a rebuild: use one of " + REBUILD_REASONS);
        }
        Optional<Planned.Inconsistent> problem = Consistency.problem(history, position);
        if (problem.isPresent()) {
            return problem.get();
        }
        Divergence divergence = Divergence.of(history, position);
        return new Planned.Decided(withheld(history, position, divergence, permission)
                .orElseGet(() -> RebuildPlans.of(history, position, divergence, standing, reason)));
    }

    /** Rows 2 and 3: nothing may be changed. */
    private static Optional<Decision> withheld(
            RetainedHistory history, ReplicaPosition position, Divergence divergence, Permission permission) {
        if (history.committedLsn().isEmpty()) { // row 2
            return Optional.of(new Undecided(Reason.NO_COMMITTED_BOUNDARY, divergence.lineageKnown()));
        }
        if (permission == Permission.NONE
                && position.committedLsn().isPresent()
                && position.committedLsn().getAsLong() > divergence.lsn()) { // row 3
            return Optional.of(new Undecided(Reason.SOURCE_INCOMPLETE, divergence.lineageKnown()));
        }
        return Optional.empty();
    }

    /** Rows 4 to 10. */
    private static Decision decide(
            RetainedHistory history, ReplicaPosition position, Divergence divergence, Standing standing) {
        long committed = history.committedLsn().orElseThrow();
        long tail = history.tailLsn();
        long flushed = position.flushedLsn();
        boolean known = divergence.lineageKnown();
        if (!position.usable()) { // row 4
            return RebuildPlans.of(history, position, divergence, standing, Reason.TARGET_NOT_USABLE);
        }
        if (divergence.lsn() >= flushed && flushed >= tail) {
            if (flushed == committed) { // row 5
                return new ZeroGap(Reason.AT_COMMITTED, known, flushed);
            }
            if (known && flushed > committed) { // row 6; D is never above the head
                return new ZeroGap(Reason.AHEAD_WITHIN_LINEAGE, true, flushed);
            }
        }
        OptionalLong undoTo = undoTo(committed, position, divergence);
        if (undoTo.isPresent() && undoTo.getAsLong() < position.truncationFloorLsn()) { // row 7
            return RebuildPlans.of(history, position, divergence, standing, Reason.TRUNCATION_UNSAFE);
        }
        long start = undoTo.orElse(flushed);
        if (start < tail) { // row 8
            return RebuildPlans.of(history, position, divergence, standing, Reason.GAP_BEYOND_RETENTION);
        }
        Reason reason = undoTo.isEmpty() ? Reason.GAP_WITHIN_RETENTION : known ? Reason.DIVERGED : Reason.REPLICA_AHEAD;
        if (undoTo.isPresent() && start >= committed) { // row 9
            return new CatchUp(reason, known, undoTo, OptionalLong.empty(), start);
        }
        return new CatchUp(reason, known, undoTo, OptionalLong.of(start), committed); // row 10
    }

    /** T: the last LSN that can stay, when the replica must undo anything. */
    static OptionalLong undoTo(long committed, ReplicaPosition position, Divergence divergence) {
        long flushed = position.flushedLsn();
        if (divergence.lineageKnown()) {
            return divergence.lsn() < flushed ? OptionalLong.of(divergence.lsn()) : OptionalLong.empty();
        }
        return flushed > committed ? OptionalLong.of(committed) : OptionalLong.empty();
    }
}
