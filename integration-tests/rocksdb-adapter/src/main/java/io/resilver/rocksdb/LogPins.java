package io.resilver.rocksdb;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.model.EntryId;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Where a log begins, and who holds what of it. Thread safe; does not block. Of this process: none is there after a restart. */
final class LogPins {
    private final Set<Hold> holds = new LinkedHashSet<>();
    private EntryId tail;
    private boolean closed;

    LogPins(EntryId tail) {
        this.tail = tail;
    }

    /**
     * Holds every entry after an LSN.
     *
     * @throws LogTrimmedException when the tail is above it, or the log is closed
     */
    synchronized Hold hold(long afterLsn) throws LogTrimmedException {
        if (closed || afterLsn < tail.lsn()) {
            throw new LogTrimmedException(
                    "a pin was asked for after LSN " + afterLsn + " and the log begins after " + tail.lsn(),
                    tail.lsn());
        }
        Hold hold = new Hold(afterLsn);
        holds.add(hold);
        return hold;
    }

    /** The last entry that the log does not hold, or will soon not hold. */
    synchronized EntryId tail() {
        return tail;
    }

    /** Chooses a tail at or below what was asked for and what is held: from here on no pin below it is granted. */
    synchronized EntryId raise(List<EntryId> possible, long most) {
        long limit = most;
        for (Hold hold : holds) {
            limit = Math.min(limit, hold.afterLsn);
        }
        for (EntryId each : possible) {
            if (each.lsn() <= limit && each.lsn() > tail.lsn()) {
                tail = each;
            }
        }
        return tail;
    }

    synchronized void closeAll() {
        closed = true;
        holds.clear();
    }

    synchronized int count() {
        return holds.size();
    }

    /** One hold. */
    final class Hold {
        private long afterLsn;

        private Hold(long afterLsn) {
            this.afterLsn = afterLsn;
        }

        long afterLsn() {
            synchronized (LogPins.this) {
                return afterLsn;
            }
        }

        /** Holds less; never moves back. */
        void advance(long lsn) {
            synchronized (LogPins.this) {
                afterLsn = Math.max(afterLsn, lsn);
            }
        }

        boolean isHeld() {
            synchronized (LogPins.this) {
                return holds.contains(this);
            }
        }

        /** Holds nothing any more. Idempotent. */
        void release() {
            synchronized (LogPins.this) {
                holds.remove(this);
            }
        }
    }
}
