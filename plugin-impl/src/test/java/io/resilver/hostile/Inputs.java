package io.resilver.hostile;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Random;

/** How much hostile input a reader is given, and what reading it may cost. */
public final class Inputs {
    /** A million in the long run; enough in every build to meet each kind of change at each kind of field. */
    private static final int MANY = Boolean.getBoolean("resilver.chaos") ? 1_000_000 : 5_000;

    /** So many load classes, which takes memory too. */
    private static final int FIRST = 200;

    private static final ThreadMXBean MEMORY = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Deals with one input. */
    @FunctionalInterface
    public interface Trial {
        /**
         * Makes an input and has it read.
         *
         * @param random decides what it is
         * @throws Exception when it was not dealt with as it must be
         */
        void run(Random random) throws Exception;
    }

    private Inputs() {}

    /**
     * Tries many inputs, one a seed.
     *
     * @param seed the first
     * @param mostBytes what one trial may allocate on its thread, the making of the input included
     * @param trial makes and reads an input
     */
    public static void tried(long seed, long mostBytes, Trial trial) {
        tried(seed, MANY, mostBytes, trial);
    }

    /**
     * Tries inputs that cost more each.
     *
     * @param seed the first
     * @param share how many times fewer they are
     * @param mostBytes what one trial may allocate on its thread
     * @param trial makes and reads an input
     */
    public static void triedLess(long seed, int share, long mostBytes, Trial trial) {
        tried(seed, MANY / share, mostBytes, trial);
    }

    private static void tried(long seed, int many, long mostBytes, Trial trial) {
        for (long each = seed; each < seed + many; each++) {
            long before = MEMORY.getCurrentThreadAllocatedBytes();
            try {
                trial.run(new Random(each));
            } catch (Throwable wrong) {
                throw new AssertionError("the input of seed " + each + " was not dealt with", wrong);
            }
            long allocated = MEMORY.getCurrentThreadAllocatedBytes() - before;
            if (each >= seed + FIRST && allocated > mostBytes) {
                throw new AssertionError("the input of seed " + each + " took " + allocated
                        + " bytes of memory, more than " + mostBytes);
            }
        }
    }
}
