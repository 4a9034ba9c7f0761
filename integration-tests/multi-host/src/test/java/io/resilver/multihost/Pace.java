package io.resilver.multihost;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How long a chunk waits in a proxy.
 *
 * @param delay each chunk at least so long
 * @param bytesPerSecond and so long that no more goes on, on each connection and direction
 */
record Pace(Duration delay, long bytesPerSecond) {
    static final Pace NONE = new Pace(Duration.ZERO, Long.MAX_VALUE);

    long nanos(int bytes) {
        return delay.toNanos()
                + (bytesPerSecond == Long.MAX_VALUE ? 0 : TimeUnit.SECONDS.toNanos(bytes) / bytesPerSecond);
    }
}
