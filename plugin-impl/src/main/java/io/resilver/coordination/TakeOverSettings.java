package io.resilver.coordination;

import java.time.Duration;

/**
 * How patient a member is with a primary that is silent (R39).
 *
 * @param silenceWindow without a word for so long, a primary is taken for dead; longer than a mint, a promise and a fence
 * @param linkGrace how long a primary whose connection was lost may take to come back; longer than from one word of it to the
 *     next
 * @param waitPerRank how much longer each rank waits than the one before it
 * @param firstBackOff the wait after the first failure
 * @param longestBackOff the wait after many
 */
public record TakeOverSettings(
        Duration silenceWindow,
        Duration linkGrace,
        Duration waitPerRank,
        Duration firstBackOff,
        Duration longestBackOff) {
    /**
     * Checks the times.
     *
     * @throws IllegalArgumentException when one is not positive, or the longest back-off is shorter than the first
     */
    public TakeOverSettings {
        for (Duration each : new Duration[] {silenceWindow, linkGrace, waitPerRank, firstBackOff}) {
            if (each.isNegative() || each.isZero()) {
                throw new IllegalArgumentException("take-over time " + each + " must be positive");
            }
        }
        if (longestBackOff.compareTo(firstBackOff) < 0) {
            throw new IllegalArgumentException(
                    "longest back-off " + longestBackOff + " is shorter than the first " + firstBackOff);
        }
    }
}
