package io.resilver.execution;

import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.policy.Budgets;
import java.util.function.Consumer;

/**
 * The stream after catch-up: the same feeder, now at the head (R19). It costs memory only while nothing is written. A
 * replica that stands still while there is something to make durable, or whose pin costs too much, ends it (R20, R22).
 */
final class KeepUp {
    private final Feeder feeder;
    private final Leader leader;
    private final StrandIo io;
    private final Budgets budgets;
    private final Consumer<RecoveryException> failed;
    private long durableLsn;
    private long progressNanos;
    private long heldBytesAtEnd;
    private boolean closed;

    KeepUp(
            Feeder feeder,
            long durableLsn,
            Leader leader,
            StrandIo io,
            Budgets budgets,
            Consumer<RecoveryException> failed) {
        this.feeder = feeder;
        this.durableLsn = durableLsn;
        this.leader = leader;
        this.io = io;
        this.budgets = budgets;
        this.failed = failed;
        this.progressNanos = io.nanos();
    }

    long durableLsn() {
        return durableLsn;
    }

    PinLedger.Held held() {
        return feeder.held();
    }

    long heldBytesAtEnd() {
        return heldBytesAtEnd;
    }

    /** Sends what there is to send, if nothing is being read already. Call it whenever head or committed moved. */
    void pump() {
        if (closed || feeder.busy()) {
            return;
        }
        if (feeder.sentLsn() >= leader.headLsn()) {
            feeder.tellCommitted();
            return;
        }
        feeder.next(
                Long.MAX_VALUE,
                batch -> {
                    if (!batch.isEmpty()) {
                        pump();
                    }
                },
                this::fail);
    }

    /** The replica reported an LSN; false when it cannot be true, and then nothing counts it (R11). */
    boolean durable(long lsn) {
        if (lsn > feeder.sentLsn()) {
            fail(feeder.beyondSent(lsn));
            return false;
        }
        if (lsn > durableLsn) {
            durableLsn = lsn;
            progressNanos = io.nanos();
            feeder.durable(lsn);
        }
        return true;
    }

    /**
     * Tells the replica of nothing more that is committed, until the other.
     *
     * @return the last LSN that it was told of in this session; 0 before the first
     */
    long holdCommitted() {
        return feeder.holdCommitted();
    }

    /** Tells it to be committed what is so up to an LSN, and no more. */
    void tellCommitted(long upToLsn) {
        feeder.tellCommitted(upToLsn);
    }

    /** Tells it of what is committed again. Idempotent. */
    void releaseCommitted() {
        if (feeder.releaseCommitted()) {
            pump();
        }
    }

    /** Looks whether it must end. */
    void tick() {
        long now = io.nanos();
        if (durableLsn >= leader.headLsn()) {
            progressNanos = now; // nothing is owed
        } else if (now - progressNanos > budgets.noProgress().toNanos()) {
            fail(new BudgetExceededException(
                    feeder.waitsFor() + " for more than " + budgets.noProgress(),
                    BudgetExceededException.Budget.NO_PROGRESS));
            return;
        }
        long bytes;
        try {
            bytes = feeder.held().heldBytes();
        } catch (RuntimeException | Error bug) {
            fail(io.site().says(bug));
            return;
        }
        if (bytes > budgets.pinBytes()) {
            heldBytesAtEnd = bytes;
            fail(new LogTrimmedException(
                    "keep-up holds back " + bytes + " bytes of log, more than " + budgets.pinBytes(), durableLsn));
            return;
        }
        pump();
        feeder.letGo(this::pump);
    }

    private void fail(RecoveryException cause) {
        if (!closed) {
            failed.accept(cause);
        }
    }

    void close() {
        closed = true;
        feeder.close();
    }
}
