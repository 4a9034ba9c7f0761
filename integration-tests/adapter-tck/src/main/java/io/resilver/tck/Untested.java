package io.resilver.tck;

/**
 * What these tests cannot show of an adapter, and why. Each method answers the reason; none is a test. A vendor holds these
 * rules by its own means.
 */
public interface Untested {
    /**
     * Whether a flush reaches the disk.
     *
     * @return why it is untested
     */
    default String untested_R30_powerFailure() {
        return "a killed process loses nothing that the system has taken in: whether flush, promise, identify, markUnusable,"
                + " truncateTo and commit force the disk shows only when the power fails, or on a disk that models it";
    }

    /**
     * A crash between any two operations of the disk.
     *
     * @return why it is untested
     */
    default String untested_R16_crashAtEveryByte() {
        return "a kill falls where it falls: that each operation of the disk may be the last one shows on a disk that the"
                + " engine lets be replaced";
    }

    /**
     * A full disk, and one that fails.
     *
     * @return why it is untested
     */
    default String untested_R15_fullAndFailingDisks() {
        return "no ordinary means fills or breaks a disk for one store: that nothing was appended, and that a store which"
                + " cannot know what reached the disk refuses changes until it is opened again, is the engine's own to test";
    }

    /**
     * A source that revokes a pin by itself.
     *
     * @return why it is untested
     */
    default String untested_R20_revocationByTheEngine() {
        return "when an engine takes a pin back by itself is its own decision: that readers then fail is tested by closing"
                + " the pin, which is what the driver does when a pin costs too much";
    }

    /**
     * Memory that does not grow with the volume.
     *
     * @return why it is untested
     */
    default String untested_R51_boundedMemory() {
        return "the stores of these tests are small: that a cursor, a base and an install take no more memory for a large"
                + " volume shows under the engine's own load";
    }

    /**
     * A log with a single writer for ever.
     *
     * @return why it is untested
     */
    default String untested_R7_singleWriterForEver() {
        return "that equal LSNs mean equal content for ever is a promise about every host that will write: an engine that"
                + " declares it states a fact about its product, which no run can show";
    }

    /**
     * Time and tasks only by the context.
     *
     * @return why it is untested
     */
    default String untested_R22_clockAndExecutor() {
        return "an engine in native code has threads and clocks that a test in Java does not see: that it uses those which"
                + " the context lends is looked at when it is read";
    }

    /**
     * A call that never returns.
     *
     * @return why it is untested
     */
    default String untested_R22_callsThatBlockForEver() {
        return "a test cannot wait for ever: JUnit's time limit ends the run instead, and the driver ends the recovery";
    }
}
