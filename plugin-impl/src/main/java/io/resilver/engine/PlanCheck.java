package io.resilver.engine;

import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Decision.CatchUp;
import io.resilver.spi.plan.Decision.Rebuild;
import io.resilver.spi.plan.Decision.Undecided;
import io.resilver.spi.plan.Decision.ZeroGap;
import io.resilver.spi.plan.RebuildSource;
import java.util.List;
import java.util.Optional;

/**
 * Whether a plan still holds when the history is read again under the plan's pins (R9). Between planning and pinning the
 * log may have been trimmed, or the source may have become another log altogether.
 *
 * <p>The proof of a plan lies at its start: where the replica stands after its truncation, or the LSN of the base. Up to
 * there the source must still be the log that was planned with; what it wrote after the start only makes it longer. That
 * is the same for every kind of plan: for a truncation, the agreement up to T was read from the lineage up to T; for a
 * base, the image and the log behind it are of that lineage.
 */
public enum PlanCheck {
    /** It may be executed. */
    HOLDS,
    /** The source's lineage up to the start is another one, became known, or is not known any more. */
    LINEAGE_CHANGED,
    /** The log does not reach down to the start any more. */
    LOG_TRIMMED,
    /** The boundary is not known any more, or is lower than the plan was promised. */
    COMMITTED_FELL,
    /** The checkpoint that the plan builds on is not trusted any more. */
    CHECKPOINT_UNTRUSTED;

    /**
     * Checks a plan.
     *
     * @param decision what was decided
     * @param planned the history that it was decided from
     * @param again a consistent history, read after every pin of the plan was taken
     * @return {@link #HOLDS}, or the first thing that changed: release the pins and plan again
     * @throws IllegalArgumentException when the decision is undecided: there is nothing to execute
     */
    public static PlanCheck of(Decision decision, RetainedHistory planned, RetainedHistory again) {
        long start = start(decision);
        if (!sameUpTo(start, planned.lineage(), again.lineage())) {
            return LINEAGE_CHANGED;
        }
        if (again.tailLsn() > start) {
            return LOG_TRIMMED;
        }
        long target = decision.target().orElseThrow();
        // A target above the boundary (ahead within the lineage, cut back to above it, a base from above it) is in the
        // source's own log, not in what is committed; then the boundary must only not have fallen.
        long boundary = Math.min(target, planned.committedLsn().orElseThrow());
        if (again.committedLsn().isEmpty() || again.committedLsn().getAsLong() < boundary || again.headLsn() < target) {
            return COMMITTED_FELL;
        }
        return untrusted(decision, again) ? CHECKPOINT_UNTRUSTED : HOLDS;
    }

    /** Whether both are unknown, or the same up to an LSN; compared in place. */
    private static boolean sameUpTo(long lsn, Optional<Lineage> planned, Optional<Lineage> again) {
        if (planned.isEmpty() || again.isEmpty()) {
            return planned.isEmpty() == again.isEmpty();
        }
        List<LineageElement> before = planned.get().elements();
        List<LineageElement> now = again.get().elements();
        if (before.equals(now)) {
            return true;
        }
        int count = upTo(lsn, before);
        return count == upTo(lsn, now) && before.subList(0, count).equals(now.subList(0, count));
    }

    /** How many elements begin at an LSN or before. */
    private static int upTo(long lsn, List<LineageElement> rising) {
        int count = 0;
        while (count < rising.size() && rising.get(count).firstLsn() <= lsn) {
            count++;
        }
        return count;
    }

    private static long start(Decision decision) {
        if (decision instanceof ZeroGap zeroGap) {
            return zeroGap.targetLsn();
        }
        if (decision instanceof CatchUp catchUp) {
            return catchUp.replayFromLsn().orElse(catchUp.targetLsn());
        }
        if (decision instanceof Rebuild rebuild) {
            return rebuild.baseLsn();
        }
        Undecided undecided = (Undecided) decision;
        throw new IllegalArgumentException("nothing was decided (" + undecided.reason() + "): nothing can be executed");
    }

    /** A newer checkpoint does not matter: the pin holds the image that was planned with. */
    private static boolean untrusted(Decision decision, RetainedHistory again) {
        return decision instanceof Rebuild rebuild
                && rebuild.source() == RebuildSource.SNAPSHOT_AND_TAIL
                && again.checkpointLsn() == rebuild.baseLsn()
                && !again.checkpointTrusted();
    }
}
