package io.resilver.engine;

import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import java.util.List;

/**
 * D: the last LSN up to which a source and a replica are known to agree.
 *
 * @param lsn inclusive; 0 when they are not known to agree on anything
 * @param lineageKnown whether both sides had a lineage; without one the LSN is only the smaller of the two ends, and
 *     content must be compared by other means before the replica is called in sync (R7)
 */
public record Divergence(long lsn, boolean lineageKnown) {
    /**
     * Compares two logs by their lineages.
     *
     * @param history a consistent history
     * @param position a consistent position
     * @return D, at most the head and at most the flushed LSN
     */
    public static Divergence of(RetainedHistory history, ReplicaPosition position) {
        if (history.lineage().isEmpty() || position.lineage().isEmpty()) {
            return new Divergence(Math.min(history.headLsn(), position.flushedLsn()), false);
        }
        List<LineageElement> source = history.lineage().get().elements();
        List<LineageElement> target = position.lineage().get().elements();
        int equal = 0;
        while (equal < source.size()
                && equal < target.size()
                && source.get(equal).agreesWith(target.get(equal))) {
            equal++;
        }
        if (equal == 0) {
            return new Divergence(0, true);
        }
        // Both hold a prefix of what the last equal epoch wrote, so they agree up to where the shorter one ends.
        return new Divergence(
                Math.min(end(source, equal - 1, history.headLsn()), end(target, equal - 1, position.flushedLsn())),
                true);
    }

    /** The LSN of the last entry that an element can have written into this log. */
    private static long end(List<LineageElement> log, int index, long endOfLog) {
        return index + 1 < log.size() ? log.get(index + 1).firstLsn() - 1 : endOfLog;
    }
}
