package io.resilver.execution;

import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.UntrustedException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.policy.NextAttempt;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;

/** What follows a failure of one sender, as the policy says, and whether the next attempt rebuilds. Used on the strand. */
final class Retries {
    /**
     * How often in a row a recovery may lose its log before it is said that it cannot converge: each round has less to send
     * than the one before, unless the volume is written to faster than the replica takes it.
     */
    static final int MOST_ROUNDS = 8;

    private final ReplicaId replica;
    private final RecoveryPolicy policy;
    private int failures;
    private int lostRounds;
    private boolean rebuildNext;
    private boolean untrusted;
    private boolean trustChanged;
    private boolean storeChanged;

    Retries(ReplicaId replica, RecoveryPolicy policy) {
        this.replica = replica;
        this.policy = policy;
    }

    /** What really failed: a log that is lost again and again is a recovery that cannot converge (R20). */
    RecoveryException named(RecoveryException cause) {
        if (!(cause instanceof LogTrimmedException)) {
            lostRounds = 0;
            return cause;
        }
        lostRounds++;
        if (lostRounds < MOST_ROUNDS) {
            return cause;
        }
        lostRounds = 0;
        return new BudgetExceededException(
                "the recovery of " + replica + " went beyond its budget CANNOT_CONVERGE: it lost its log " + MOST_ROUNDS
                        + " times in a row, at last because " + cause.getMessage()
                        + ". Slow the writers down, or let pins hold more",
                BudgetExceededException.Budget.CANNOT_CONVERGE);
    }

    /** An attempt begins, with the TLS files that are in force and the store that is there. */
    void begins() {
        trustChanged = false;
        storeChanged = false;
    }

    /** The record knows another store of the replica, or another opening of it: what fails now may be over with that. */
    void storeChanges() {
        storeChanged = true;
    }

    /**
     * The TLS files of this host have changed.
     *
     * @return whether the last failure may be over with that
     */
    boolean trustChanges() {
        trustChanged = true;
        return untrusted;
    }

    /** Counts a failure and asks the policy. */
    NextAttempt after(RecoveryException cause) {
        failures++;
        untrusted = cause instanceof UntrustedException;
        NextAttempt next = untrusted && trustChanged
                ? new NextAttempt.Again(Duration.ZERO, "this host's TLS files have changed meanwhile")
                : policy.afterFailure(replica, cause, failures);
        rebuildNext |= next instanceof NextAttempt.Rebuild;
        if (next instanceof NextAttempt.GiveUp && storeChanged) {
            beginsAnew();
            return new NextAttempt.Again(Duration.ZERO, "the store has changed during the attempt");
        }
        return next;
    }

    /** How long to wait before an attempt that is to be made. */
    static Duration wait(NextAttempt next) {
        return next instanceof NextAttempt.Rebuild rebuild ? rebuild.after() : ((NextAttempt.Again) next).after();
    }

    void rebuildNext() {
        rebuildNext = true;
    }

    boolean isRebuildNext() {
        return rebuildNext;
    }

    /** What failed before does not count any more. */
    void beginsAnew() {
        failures = 0;
        lostRounds = 0;
    }

    void succeeded() {
        beginsAnew();
        rebuildNext = false;
        untrusted = false;
    }
}
