package io.resilver.execution;

import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Holds a rate in bytes per second: says how long to wait before sending. Allows a burst of a tenth of a second, so that
 * the rate holds over a second and timers need not be exact. The rate may change at any time: what was sent is owed in bytes,
 * and paid at the rate that is in force. Not thread safe; the clock is the caller's.
 */
final class Throttle {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long BURST_NANOS = 100_000_000;

    private final Supplier<OptionalLong> asked;
    private OptionalLong bytesPerSecond;
    private double owedBytes;
    private long paidNanos;

    /**
     * A throttle that owes nothing.
     *
     * @param asked the rate in force, or empty for none
     */
    Throttle(Supplier<OptionalLong> asked, long nowNanos) {
        this.asked = asked;
        this.bytesPerSecond = asked.get();
        this.paidNanos = nowNanos;
    }

    /** Counts bytes as sent now. */
    void sent(long bytes, long nowNanos) {
        pay(nowNanos);
        owedBytes += bytes;
    }

    /** Asks for the rate, and answers how many nanoseconds to wait before sending more, 0 for none. */
    long waitNanos(long nowNanos) {
        pay(nowNanos);
        bytesPerSecond = asked.get();
        if (bytesPerSecond.isEmpty()) {
            owedBytes = 0;
            return 0;
        }
        return Math.max(0, (long) (owedBytes / bytesPerSecond.getAsLong() * NANOS_PER_SECOND) - BURST_NANOS);
    }

    private void pay(long nowNanos) {
        double paid = bytesPerSecond.isEmpty()
                ? owedBytes
                : bytesPerSecond.getAsLong() * ((nowNanos - paidNanos) / NANOS_PER_SECOND);
        owedBytes = Math.max(0, owedBytes - paid);
        paidNanos = nowNanos;
    }
}
