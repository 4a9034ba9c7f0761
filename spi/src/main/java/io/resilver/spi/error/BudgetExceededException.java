package io.resilver.spi.error;

import io.resilver.spi.Api;

/** A recovery went beyond a bound that the policy set for it (R14, R22). It is escalated under the bound's name. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public final class BudgetExceededException extends RecoveryException {
    private static final long serialVersionUID = 1L;
    private final Budget budget;

    /** Which bound. */
    public enum Budget {
        /** The time since the execution began. */
        DURATION,
        /** The entries sent. */
        ENTRIES,
        /** The bytes sent. */
        BYTES,
        /** The time since the target last made something durable. */
        NO_PROGRESS,
        /** The rounds in which a rebuild tried to reach the head. */
        CANNOT_CONVERGE
    }

    /**
     * A bound was passed.
     *
     * @param message how much was used of how much
     * @param budget which bound
     */
    public BudgetExceededException(String message, Budget budget) {
        super(message);
        this.budget = budget;
    }

    /**
     * Which bound.
     *
     * @return its name
     */
    public Budget budget() {
        return budget;
    }
}
