package io.resilver.execution;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.policy.NextAttempt;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;

/** What follows a failure of one sender, as the policy says, and whether the next attempt rebuilds. Used on the strand. */
final class Retries {
    private final ReplicaId replica;
    private final RecoveryPolicy policy;
    private int failures;
    private boolean rebuildNext;

    Retries(ReplicaId replica, RecoveryPolicy policy) {
        this.replica = replica;
        this.policy = policy;
    }

    /** Counts a failure and asks the policy; one that throws gives up, since it would throw again. */
    NextAttempt after(RecoveryException cause) {
        failures++;
        NextAttempt next;
        try {
            next = policy.afterFailure(replica, cause, failures);
        } catch (RuntimeException bug) {
            next = new NextAttempt.GiveUp("the policy itself failed: " + bug);
        }
        rebuildNext |= next instanceof NextAttempt.Rebuild;
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

    void succeeded() {
        failures = 0;
        rebuildNext = false;
    }
}
