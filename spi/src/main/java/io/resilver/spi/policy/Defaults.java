package io.resilver.spi.policy;

import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.error.UntrustedException;
import java.time.Duration;

/** Retry and back-off by the type of the failure: never what cannot succeed, always what can. */
final class Defaults {
    /** 2^16 times the first back-off is far above the longest one: a shift that cannot overflow. */
    private static final int MOST_DOUBLINGS = 16;

    private Defaults() {}

    static NextAttempt afterFailure(RecoveryException cause, int failures) {
        Duration wait = backOff(failures);
        if (cause instanceof LogTrimmedException) {
            return new NextAttempt.Again(Duration.ZERO, "the log was trimmed: plan again from what is left");
        }
        if (cause instanceof TruncationUnsafeException) {
            return new NextAttempt.Rebuild(Duration.ZERO, "the replica cannot undo that far");
        }
        if (cause instanceof BudgetExceededException budget) {
            if (budget.budget() == BudgetExceededException.Budget.CANNOT_CONVERGE) {
                return new NextAttempt.Rebuild(
                        RecoveryPolicy.LONGEST_BACK_OFF,
                        "CANNOT_CONVERGE: until writers are slower, or somebody lets pins hold more");
            }
            return budget.budget() == BudgetExceededException.Budget.NO_PROGRESS
                    ? new NextAttempt.Again(wait, "the target made no progress")
                    : new NextAttempt.Rebuild(wait, "the catch-up went beyond its budget " + budget.budget());
        }
        if (cause instanceof RetriableException retriable) {
            Duration least = retriable.after();
            return new NextAttempt.Again(least.compareTo(wait) > 0 ? least : wait, "it may pass");
        }
        if (cause instanceof ResourceExhaustedException) {
            return new NextAttempt.Again(RecoveryPolicy.LONGEST_BACK_OFF, "something must be freed first");
        }
        if (cause instanceof CorruptException) {
            return failures < RecoveryPolicy.CATCH_UPS_BEFORE_REBUILD
                    ? new NextAttempt.Again(wait, "a check failed; it may have been on the way")
                    : new NextAttempt.GiveUp("checks keep failing: look at the disk that the error names");
        }
        if (cause instanceof UntrustedException) {
            return new NextAttempt.Again(
                    RecoveryPolicy.UNTRUSTED_BACK_OFF, "the other host may get the files that it lacks");
        }
        return new NextAttempt.GiveUp("it cannot succeed until something is changed");
    }

    private static Duration backOff(int failures) {
        Duration wait = RecoveryPolicy.FIRST_BACK_OFF.multipliedBy(1L << Math.min(failures - 1, MOST_DOUBLINGS));
        return wait.compareTo(RecoveryPolicy.LONGEST_BACK_OFF) > 0 ? RecoveryPolicy.LONGEST_BACK_OFF : wait;
    }
}
