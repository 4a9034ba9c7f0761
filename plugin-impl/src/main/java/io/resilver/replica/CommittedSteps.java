package io.resilver.replica;

import java.util.ArrayDeque;

/**
 * Where to stop on the way to what is committed, so that a store is told of about a mebibyte at a time: it lays that over its
 * image meanwhile, and what comes in between is appended first. Not thread safe.
 */
final class CommittedSteps {
    /** Some milliseconds of a disk's time. */
    private static final long STEP_BYTES = 1L << 20;

    /** Behind that the image has to follow before more is appended: a window of what came, and no store need remember more. */
    private static final int MANY = 8;

    /** Where the store is not told for long, the rest is one step. */
    private static final int MOST = 1_024;

    private final ArrayDeque<Long> ends = new ArrayDeque<>();
    private long bytesBehindLast;

    /** Entries up to an LSN were appended. */
    void appended(long lsn, long bytes) {
        bytesBehindLast += bytes;
        if (bytesBehindLast >= STEP_BYTES && ends.size() < MOST) {
            ends.add(lsn);
            bytesBehindLast = 0;
        }
    }

    /** The next step on the way to an LSN. */
    long next(long upTo) {
        return ends.isEmpty() ? upTo : Math.min(upTo, ends.element());
    }

    /** The store was told up to an LSN. */
    void settled(long lsn) {
        while (!ends.isEmpty() && ends.element() <= lsn) {
            ends.remove();
        }
    }

    /** Whether many steps lie on the way to an LSN. */
    boolean areMany(long upTo) {
        int steps = 0;
        for (long end : ends) {
            if (end > upTo || steps == MANY) {
                break;
            }
            steps++;
        }
        return steps == MANY;
    }

    /** Nothing is known of what was appended. */
    void forget() {
        ends.clear();
        bytesBehindLast = 0;
    }
}
