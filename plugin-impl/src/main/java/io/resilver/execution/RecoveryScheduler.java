package io.resilver.execution;

import io.resilver.execution.scrub.ScrubTurns;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * The one owner of a host's recovery slots and of the bytes that recoveries may have under way. Who waits costs memory
 * only. Thread safe; callbacks run outside the lock, on the thread that freed what they waited for.
 */
public final class RecoveryScheduler {
    private final ScrubTurns scrubs = new ScrubTurns();
    private final int slots;
    private final long totalBytes;
    private final PriorityQueue<Slot> waiting = new PriorityQueue<>(
            Comparator.comparingInt((Slot slot) -> slot.priority).reversed().thenComparingLong(slot -> slot.order));
    private final ArrayDeque<Runnable> wantBytes = new ArrayDeque<>();
    private int freeSlots;
    private long freeBytes;
    private long nextOrder;

    /**
     * A scheduler with everything free.
     *
     * @param slots how many recoveries run at a time, 1 or more
     * @param totalBytes how many payload bytes all of them may have under way, 1 or more
     */
    public RecoveryScheduler(int slots, long totalBytes) {
        this.slots = slots;
        this.freeSlots = slots;
        this.freeBytes = totalBytes;
        this.totalBytes = totalBytes;
    }

    /**
     * Waits for a slot: higher priority first, then first come, first served.
     *
     * @param priority a higher number goes first
     * @param begin called at most once, with the slot taken; it may come late, after the slot was closed
     * @return the wait, and then the slot: its owner closes it
     */
    public Slot acquireSlot(int priority, Runnable begin) {
        Slot slot;
        synchronized (this) {
            slot = new Slot(priority, nextOrder++, begin);
            waiting.add(slot);
        }
        grant();
        return slot;
    }

    /**
     * Takes bytes from the host's budget. A request that is larger than the whole budget is granted when nothing else is
     * under way, so that it can go on at all.
     *
     * @param bytes how many
     * @param retry called once when bytes were given back, if they could not be taken now
     * @return whether they were taken
     */
    boolean takeBytes(long bytes, Runnable retry) {
        synchronized (this) {
            if (bytes <= freeBytes || freeBytes == totalBytes) {
                freeBytes -= bytes;
                return true;
            }
            wantBytes.add(retry);
            return false;
        }
    }

    /** Takes bytes if there are so many, for what can come back later; false when there are not. */
    synchronized boolean takeBytesNow(long bytes) {
        boolean enough = bytes <= freeBytes || freeBytes == totalBytes;
        freeBytes -= enough ? bytes : 0;
        return enough;
    }

    /** Which range of this host is compared. */
    ScrubTurns scrubs() {
        return scrubs;
    }

    /** Gives bytes back. */
    void giveBytes(long bytes) {
        ArrayDeque<Runnable> retries;
        synchronized (this) {
            freeBytes += bytes;
            retries = new ArrayDeque<>(wantBytes);
            wantBytes.clear();
        }
        retries.forEach(Runnable::run);
    }

    /** Payload bytes that all recoveries of this host have under way now. */
    synchronized long bytesUnderWay() {
        return totalBytes - freeBytes;
    }

    /**
     * How many recoveries hold a slot.
     *
     * @return the count
     */
    public synchronized int active() {
        return slots - freeSlots;
    }

    /**
     * How many recoveries wait for a slot.
     *
     * @return the count
     */
    public synchronized int waiting() {
        return waiting.size();
    }

    private void grant() {
        while (true) {
            Slot next;
            synchronized (this) {
                if (freeSlots == 0 || waiting.isEmpty()) {
                    return;
                }
                next = waiting.remove();
                next.taken = true;
                freeSlots--;
            }
            next.begin.run();
        }
    }

    /** A wait for a slot, and then the slot. Thread safe. */
    public final class Slot implements AutoCloseable {
        private final int priority;
        private final long order;
        private final Runnable begin;
        private boolean taken;

        private Slot(int priority, long order, Runnable begin) {
            this.priority = priority;
            this.order = order;
            this.begin = begin;
        }

        /** Forgets the wait, or gives the slot back. Idempotent. */
        @Override
        public void close() {
            synchronized (RecoveryScheduler.this) {
                if (taken) {
                    taken = false;
                    freeSlots++;
                } else {
                    waiting.remove(this);
                }
            }
            grant();
        }
    }
}
