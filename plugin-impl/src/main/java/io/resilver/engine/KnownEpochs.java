package io.resilver.engine;

import io.resilver.spi.model.Epoch;
import java.util.Optional;

/**
 * Which epochs may still attach (R3). A value; epochs only rise in it, and what was invalidated stays so.
 *
 * @param highest the highest epoch seen; empty before the first
 * @param invalidatedUpTo the highest number, inclusive, that can never attach again; 0 for none
 */
public record KnownEpochs(Optional<Epoch> highest, long invalidatedUpTo) {
    /** Before the first epoch. */
    public static final KnownEpochs NONE = new KnownEpochs(Optional.empty(), 0);

    /** How an epoch relates to those that are known. */
    public enum Verdict {
        /** Higher than all. */
        NEWER,
        /** The highest one, still in force. */
        CURRENT,
        /** Below the highest one, or invalidated. */
        STALE,
        /** The number of the highest one with another mint id: somebody must hear about it. */
        CONFLICT
    }

    /**
     * Judges an epoch.
     *
     * @param epoch an epoch that wants to attach
     * @return how it relates
     */
    public Verdict judge(Epoch epoch) {
        if (highest.isPresent() && highest.get().conflictsWith(epoch)) {
            return Verdict.CONFLICT;
        }
        if (epoch.number() <= invalidatedUpTo) {
            return Verdict.STALE;
        }
        if (highest.isEmpty() || epoch.number() > highest.get().number()) {
            return Verdict.NEWER;
        }
        return epoch.equals(highest.get()) ? Verdict.CURRENT : Verdict.STALE;
    }

    /**
     * With one more epoch seen.
     *
     * @param epoch any epoch
     * @return this with a higher highest one where the epoch is newer, otherwise unchanged
     */
    public KnownEpochs seen(Epoch epoch) {
        return judge(epoch) == Verdict.NEWER ? new KnownEpochs(Optional.of(epoch), invalidatedUpTo) : this;
    }

    /**
     * With epochs shut out for ever. The highest one is kept, so that it cannot come back.
     *
     * @param number inclusive
     * @return this with a higher bound, or unchanged
     */
    public KnownEpochs invalidate(long number) {
        return number > invalidatedUpTo ? new KnownEpochs(highest, number) : this;
    }

    /**
     * The epoch in force.
     *
     * @return the highest one, unless it was invalidated
     */
    public Optional<Epoch> current() {
        return highest.filter(epoch -> epoch.number() > invalidatedUpTo);
    }
}
