package io.resilver.replica;

/**
 * What one session has written of a base and is not durable yet. It takes no room in the sender's window any more: so the
 * network goes on while the disk works, but no farther ahead than is named here. Touched on the store's strand only.
 */
final class RangeForces {
    /** What is worth a force of its own while more waits to be written: it is two of the disk's syncs, bytes and notes. */
    private static final long ENOUGH_BYTES = 8L << 20;

    /** What a system that forces slowly must keep in its memory, and what a crash loses. */
    private static final long MOST_BYTES = 32L << 20;

    private long waiting;
    private long underWay;
    private boolean running;
    private long lastWritten;

    /** Some were written, up to this request; what was kept in place counts for less, as {@link IncomingBase} says. */
    void wrote(long bytes, long sequence) {
        waiting += bytes;
        lastWritten = sequence;
    }

    /** The last request whose ranges were written, or 0. */
    long lastWritten() {
        return lastWritten;
    }

    boolean isRunning() {
        return running;
    }

    /** Whether more may be written before a force has ended. */
    boolean hasRoom() {
        return waiting + underWay < MOST_BYTES;
    }

    /**
     * Whether one is to begin now.
     *
     * @param moreHasCome whether a range is next in the queue
     */
    boolean isDue(boolean moreHasCome) {
        return !running && waiting > 0 && (!moreHasCome || waiting >= ENOUGH_BYTES);
    }

    void began() {
        running = true;
        underWay = waiting;
        waiting = 0;
    }

    void ended() {
        running = false;
        underWay = 0;
    }

    /** The session has ended: who goes on with the base asks the store what is durable. */
    void forget() {
        waiting = 0;
        lastWritten = 0;
    }
}
