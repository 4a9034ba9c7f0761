package io.resilver.execution;

import java.util.OptionalLong;

/**
 * Holds a rate in bytes per second: says how long to wait before sending. Allows a burst of a tenth of a second, so that
 * the rate holds over a second and timers need not be exact. Not thread safe; the clock is the caller's.
 */
final class Throttle {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long BURST_NANOS = NANOS_PER_SECOND / 10;

    private final OptionalLong bytesPerSecond;
    private long paidUntilNanos;

    Throttle(OptionalLong bytesPerSecond, long nowNanos) {
        this.bytesPerSecond = bytesPerSecond;
        this.paidUntilNanos = nowNanos;
    }

    /** Counts bytes as sent now and answers how many nanoseconds to wait before sending more, 0 for none. */
    long sent(long bytes, long nowNanos) {
        if (bytesPerSecond.isEmpty()) {
            return 0;
        }
        long cost = (long) ((double) bytes / bytesPerSecond.getAsLong() * NANOS_PER_SECOND);
        if (paidUntilNanos - nowNanos < 0) {
            paidUntilNanos = nowNanos;
        }
        paidUntilNanos += cost;
        return Math.max(0, paidUntilNanos - nowNanos - BURST_NANOS);
    }
}
