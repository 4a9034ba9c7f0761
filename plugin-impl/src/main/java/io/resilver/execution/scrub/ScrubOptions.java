package io.resilver.execution.scrub;

import java.time.Duration;

/**
 * How a host scrubs.
 *
 * @param bytesPerSecond what it reads of its own logs in all; 0 scrubs nothing
 * @param rangeBytes payload of one range, read at a time and taken from the host's memory; at most {@link #MOST_RANGE_BYTES}
 * @param interval from the end of a pass over a replica to the beginning of its next
 */
public record ScrubOptions(long bytesPerSecond, int rangeBytes, Duration interval) {
    /** What is read in well under a second from any disk, and is little to digest at the other end. */
    public static final int MOST_RANGE_BYTES = 1 << 20;

    /** Nothing is scrubbed. */
    public static final ScrubOptions OFF = new ScrubOptions(0, MOST_RANGE_BYTES, Duration.ofDays(1));

    /** Refuses what cannot be. */
    public ScrubOptions {
        if (bytesPerSecond < 0 || rangeBytes < 1 || rangeBytes > MOST_RANGE_BYTES) {
            throw new IllegalArgumentException(
                    "ranges of " + rangeBytes + " bytes at " + bytesPerSecond + " bytes per second");
        }
    }

    boolean isOn() {
        return bytesPerSecond > 0;
    }
}
