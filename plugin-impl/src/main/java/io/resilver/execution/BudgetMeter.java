package io.resilver.execution;

import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.BudgetExceededException.Budget;
import io.resilver.spi.policy.Budgets;
import java.time.Duration;
import java.util.function.Supplier;

/** Checks an execution's budgets inside its loop, on the monotonic clock that is passed in (R14, R22). Not thread safe. */
final class BudgetMeter {
    private final Budgets budgets;
    private final long startedNanos;
    private long progressNanos;
    private long entries;
    private long bytes;

    BudgetMeter(Budgets budgets, long nowNanos) {
        this.budgets = budgets;
        this.startedNanos = nowNanos;
        this.progressNanos = nowNanos;
    }

    Budgets budgets() {
        return budgets;
    }

    void progressed(long nowNanos) {
        waitsUntil(nowNanos); // never back to before what the source waits for
    }

    /** The source itself waits until then: the target owes nothing meanwhile. */
    void waitsUntil(long nanos) {
        if (nanos - progressNanos > 0) {
            progressNanos = nanos;
        }
    }

    void sent(long moreEntries, long moreBytes) {
        entries += moreEntries;
        bytes += moreBytes;
    }

    long entries() {
        return entries;
    }

    long bytes() {
        return bytes;
    }

    Duration elapsed(long nowNanos) {
        return Duration.ofNanos(nowNanos - startedNanos);
    }

    /** How long until the no-progress window would be over, if nothing happens. */
    Duration untilNoProgress(long nowNanos) {
        return budgets.noProgress().minusNanos(nowNanos - progressNanos);
    }

    /**
     * Throws when one of them is used up.
     *
     * @param waitsFor says who owes progress
     */
    void check(long nowNanos, Supplier<String> waitsFor) throws BudgetExceededException {
        Duration elapsed = elapsed(nowNanos);
        if (budgets.duration().isPresent()
                && elapsed.compareTo(budgets.duration().get()) > 0) {
            throw over(Budget.DURATION, elapsed + " of " + budgets.duration().get());
        }
        if (budgets.entries().isPresent() && entries > budgets.entries().getAsLong()) {
            throw over(Budget.ENTRIES, entries + " of " + budgets.entries().getAsLong());
        }
        if (budgets.bytes().isPresent() && bytes > budgets.bytes().getAsLong()) {
            throw over(Budget.BYTES, bytes + " of " + budgets.bytes().getAsLong());
        }
        if (untilNoProgress(nowNanos).isNegative()) {
            throw over(Budget.NO_PROGRESS, waitsFor.get() + " for more than " + budgets.noProgress());
        }
    }

    private static BudgetExceededException over(Budget budget, String how) {
        return new BudgetExceededException("the recovery went beyond its budget " + budget + ": " + how, budget);
    }
}
