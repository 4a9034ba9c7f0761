package io.resilver.multihost;

import java.util.stream.IntStream;

/** How often a test looks for rare orders of events. */
final class Chaos {
    private Chaos() {}

    /** Once, and so many times with the profile chaos. */
    static IntStream rounds(int times) {
        return IntStream.range(0, isLong() ? times : 1);
    }

    /** Whether the profile chaos is on. */
    static boolean isLong() {
        return Boolean.getBoolean("resilver.chaos");
    }
}
