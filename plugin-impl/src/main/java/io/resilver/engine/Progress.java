package io.resilver.engine;

import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Decision.CatchUp;
import io.resilver.spi.plan.Decision.Rebuild;
import io.resilver.spi.plan.RebuildSource;
import java.util.OptionalLong;

/**
 * How far an execution has come, by what its target reported as durable: strictly rising, never beyond the target that
 * was frozen when it was planned (R10, R11). For one thread at a time.
 */
public final class Progress {
    /** What a report was good for. */
    public enum Step {
        /** More is durable than before. */
        ADVANCED,
        /** Nothing new; it does not count as progress. */
        REPEATED,
        /** More than this execution can have sent: somebody else feeds this store, or it lies. */
        BEYOND_TARGET
    }

    /** Of a full base. */
    private final OptionalLong leastBase;

    private boolean frozen;
    private long target;
    /** Of what is durable; without it nothing is known. */
    private boolean known;

    private long durable;

    private Progress(Decision decision) {
        target = decision.target().orElseThrow();
        leastBase = decision instanceof Rebuild rebuild && rebuild.source() == RebuildSource.FULL_BASE
                ? OptionalLong.of(rebuild.baseLsn())
                : OptionalLong.empty();
        frozen = leastBase.isEmpty();
        if (decision instanceof CatchUp catchUp) {
            // What must be undone first is not progress: until the truncation is reported nothing is known.
            known = catchUp.truncateToLsn().isEmpty() && catchUp.replayFromLsn().isPresent();
            durable = known ? catchUp.replayFromLsn().getAsLong() : 0;
        } else {
            known = !(decision instanceof Rebuild);
            durable = known ? target : 0;
        }
    }

    /**
     * The beginning of an execution.
     *
     * @param decision any but undecided
     * @return no progress yet: at the replica's start where nothing is undone or installed before, otherwise nowhere
     * @throws java.util.NoSuchElementException when it is undecided
     */
    public static Progress of(Decision decision) {
        return new Progress(decision);
    }

    /**
     * The full base was frozen: its LSN is the target from now on, unless the log is followed farther than that.
     *
     * @param baseLsn at least the least LSN of the plan
     * @throws IllegalStateException when the plan has no full base, or it was frozen before
     * @throws IllegalArgumentException when the LSN is below the least one
     */
    public void frozenAt(long baseLsn) {
        if (frozen) {
            throw new IllegalStateException(
                    leastBase.isPresent()
                            ? "the base was frozen before, the target is " + target
                            : "the plan has no full base");
        }
        if (baseLsn < leastBase.orElseThrow()) {
            throw new IllegalArgumentException(
                    "base at LSN " + baseLsn + " is below the least one, " + leastBase.getAsLong());
        }
        frozen = true;
        target = Math.max(target, baseLsn);
    }

    /**
     * The target's store reported what is durable, after its truncation or install.
     *
     * @param lsn inclusive
     * @return what the report was good for; only {@link Step#ADVANCED} changes anything
     */
    public Step report(long lsn) {
        if (lsn > target) {
            return Step.BEYOND_TARGET;
        }
        if (known && lsn <= durable) {
            return Step.REPEATED;
        }
        known = true;
        durable = lsn;
        return Step.ADVANCED;
    }

    /**
     * What is durable.
     *
     * @return the last LSN reported, or the start; empty while nothing is known
     */
    public OptionalLong durable() {
        return known ? OptionalLong.of(durable) : OptionalLong.empty();
    }

    /**
     * Where it ends.
     *
     * @return the frozen target; for a full base the planned one until the base is frozen
     */
    public long target() {
        return target;
    }

    /**
     * Whether the target's store is durable at the target. A stream that ends before that is no success.
     *
     * @return true at the target exactly
     */
    public boolean complete() {
        return frozen && known && durable == target;
    }
}
