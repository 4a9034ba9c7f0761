package io.resilver.multihost;

import java.util.stream.IntStream;

/** How often a test looks for rare orders of events. */
final class Chaos {
    private Chaos() {}

    /** Once, and so many times with the profile chaos. */
    static IntStream rounds(int times) {
        return IntStream.range(0, Boolean.getBoolean("resilver.chaos") ? times : 1);
    }
}
