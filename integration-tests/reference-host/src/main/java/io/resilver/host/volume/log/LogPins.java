package io.resilver.host.volume.log;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.model.EntryId;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;

/**
 * Who holds how much of the log. Taking a pin and choosing a new tail exclude each other, so that nothing is trimmed between
 * a check and a pin. Thread safe; never blocks on I/O.
 */
public final class LogPins {
    private final Set<Hold> holds = new LinkedHashSet<>();
    private long tail;
    private boolean closed;

    LogPins(long tail) {
        this.tail = tail;
    }

    /**
     * Holds every entry after an LSN.
     *
     * @throws LogTrimmedException when the tail is above it, or the log is closed
     */
    public synchronized Hold hold(long afterLsn) throws LogTrimmedException {
        if (closed || afterLsn < tail) {
            throw new LogTrimmedException(
                    "a pin was asked for after LSN " + afterLsn + " and the log begins after " + tail, tail);
        }
        Hold hold = new Hold(afterLsn);
        holds.add(hold);
        return hold;
    }

    /** The exclusive lower bound of what the log holds or will soon hold. */
    public synchronized long tail() {
        return tail;
    }

    synchronized EntryId raiseTail(long wanted, LongFunction<EntryId> choose) {
        long limit = wanted;
        for (Hold hold : holds) {
            limit = Math.min(limit, hold.afterLsn);
        }
        EntryId chosen = choose.apply(limit);
        tail = Math.max(tail, chosen.lsn());
        return chosen;
    }

    void closeAll() {
        List<Hold> open;
        synchronized (this) {
            closed = true;
            open = List.copyOf(holds);
        }
        open.forEach(Hold::release);
    }

    /** How many holds there are. */
    public synchronized int count() {
        return holds.size();
    }

    /** One hold. */
    public final class Hold {
        private long afterLsn;

        private Hold(long afterLsn) {
            this.afterLsn = afterLsn;
        }

        public long afterLsn() {
            synchronized (LogPins.this) {
                return afterLsn;
            }
        }

        /** Holds less; never moves back. */
        public void advance(long lsn) {
            synchronized (LogPins.this) {
                afterLsn = Math.max(afterLsn, lsn);
            }
        }

        /** Whether it still holds. */
        public boolean isHeld() {
            synchronized (LogPins.this) {
                return holds.contains(this);
            }
        }

        /** Holds nothing any more. Idempotent. */
        public void release() {
            synchronized (LogPins.this) {
                holds.remove(this);
            }
        }
    }
}
