package io.resilver.simulation;

import io.resilver.simulation.host.Running;
import io.resilver.simulation.time.SimulatedProcess;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * Whether the clocks on which a read rests have run within the drift that is allowed (R37). The lease of a process that slept
 * goes on when it wakes, whatever was written meanwhile; and a new primary whose clock leaps ahead has not waited for the
 * leases of others. Such a read may be stale, for one read lease, and nothing else may be otherwise.
 */
final class Clocks {
    private static final int SLACK_PERCENT = 102;

    private final LongSupplier nanos;
    private OptionalLong leaptAt = OptionalLong.empty();

    Clocks(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** The clock of some process leapt ahead. */
    void leapt() {
        leaptAt = OptionalLong.of(nanos.getAsLong());
    }

    boolean areGoodFor(SimulatedProcess reader) {
        long lease = Running.READ_LEASE.toNanos() / 100 * SLACK_PERCENT;
        boolean someLeapt = leaptAt.isPresent() && nanos.getAsLong() - leaptAt.getAsLong() <= lease;
        return !someLeapt && !reader.sleptWithin(Running.READ_LEASE);
    }
}
