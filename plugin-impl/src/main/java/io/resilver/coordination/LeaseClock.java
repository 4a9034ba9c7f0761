package io.resilver.coordination;

import io.resilver.spi.MonotonicClock;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * Whether this host may decide anything now (R38). It only saves work: versions, promises and the check of the own host
 * node protect the data. Pure: time comes in as a clock. Thread safe.
 */
public final class LeaseClock {
    private final MonotonicClock clock;
    private final long leaseNanos;
    private OptionalLong anchor = OptionalLong.empty();

    /**
     * A clock without a lease.
     *
     * @param clock the time
     * @param lease how long an acknowledged heartbeat is good for
     */
    public LeaseClock(MonotonicClock clock, Duration lease) {
        this.clock = clock;
        this.leaseNanos = lease.toNanos();
    }

    /**
     * A heartbeat was acknowledged. Acknowledgements out of order do no harm: the latest anchor counts.
     *
     * @param sentNanos the clock's time from before the heartbeat was sent
     */
    public synchronized void acknowledged(long sentNanos) {
        if (anchor.isEmpty() || sentNanos - anchor.getAsLong() > 0) {
            anchor = OptionalLong.of(sentNanos);
        }
    }

    /** The host node is gone, or may be: no lease until the next acknowledgement. */
    public synchronized void revoke() {
        anchor = OptionalLong.empty();
    }

    /**
     * Whether the lease holds.
     *
     * @return true from an acknowledgement until the lease after its anchor, exclusive
     */
    public synchronized boolean valid() {
        return anchor.isPresent() && clock.nanos() - anchor.getAsLong() < leaseNanos;
    }
}
