package io.resilver.execution;

import io.resilver.coordination.TakeOverPace;
import io.resilver.execution.scrub.ScrubTurns;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one owner of a host's recovery slots and of the bytes that recoveries may have under way. Who waits costs memory
 * only. Thread safe; callbacks run outside the lock, on the thread that freed what they waited for.
 */
public final class RecoveryScheduler {
    /**
     * Leaders that may look at their replicas at a time. Each is a short turn on a worker, and ten thousand that are due together
     * would otherwise stand before everything that a recovery with a slot has to do.
     */
    private static final int LOOKS_AT_ONCE = 4;

    private final TakeOverPace looks = new TakeOverPace(LOOKS_AT_ONCE);
    private final ScrubTurns scrubs = new ScrubTurns();
    private final int slots;
    private final SlotQueue waiting;
    private final ByteBudget bytes;
    private int freeSlots;

    /**
     * A scheduler with everything free.
     *
     * @param slots how many recoveries run at a time, 1 or more
     * @param slotsPerPeer how many of them may go to one host, 1 or more
     * @param totalBytes how many payload bytes all of them may have under way, 1 or more
     */
    public RecoveryScheduler(int slots, int slotsPerPeer, long totalBytes) {
        this.slots = slots;
        this.freeSlots = slots;
        this.waiting = new SlotQueue(slotsPerPeer);
        this.bytes = new ByteBudget(totalBytes);
    }

    /**
     * Waits for a slot: see {@link SlotQueue} for whose turn it is.
     *
     * @param replica what is recovered
     * @param peer the host that holds it
     * @param priority a higher number goes first
     * @param begin called at most once, with the slot taken; it may come late, after the slot was closed
     * @return the wait, and then the slot: its owner closes it
     */
    public Slot acquireSlot(ReplicaId replica, HostId peer, int priority, Runnable begin) {
        Slot slot;
        boolean taken;
        synchronized (this) {
            taken = freeSlots > 0 && waiting.takeNow(peer);
            if (taken) {
                freeSlots--;
                slot = new Slot(peer, null);
            } else {
                slot = new Slot(peer, waiting.add(peer, replica.volume(), priority, begin));
            }
        }
        if (taken) {
            begin.run();
        } else {
            grant();
        }
        return slot;
    }

    /** Takes bytes from the host's budget: see {@link ByteBudget#take}. */
    Optional<ByteBudget.Wait> takeBytes(VolumeId volume, long wanted, Runnable granted) {
        return bytes.take(volume, wanted, granted);
    }

    /** Takes bytes if there are so many, for what can come back later; false when there are not. */
    boolean takeBytesNow(long wanted) {
        return bytes.takeNow(wanted);
    }

    /** Takes bytes whether or not there are so many. */
    void takeBytesAnyway(long wanted) {
        bytes.takeAnyway(wanted);
    }

    /** Whose turn it is to look at its replicas: few of many leaders at a time, so that recoveries come between them. */
    TakeOverPace looks() {
        return looks;
    }

    /** Which range of this host is compared. */
    ScrubTurns scrubs() {
        return scrubs;
    }

    /** Gives bytes back. */
    void giveBytes(long back) {
        bytes.give(back);
    }

    /** Payload bytes that all recoveries of this host have under way now. */
    long bytesUnderWay() {
        return bytes.underWay();
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
            Optional<SlotQueue.Entry> next;
            synchronized (this) {
                next = freeSlots == 0 ? Optional.empty() : waiting.next();
                if (next.isEmpty()) {
                    return;
                }
                freeSlots--;
            }
            next.get().begin().run();
        }
    }

    /** A wait for a slot, and then the slot. Thread safe. */
    public final class Slot implements AutoCloseable {
        private final HostId peer;
        private final SlotQueue.@Nullable Entry waited;
        private boolean closed;

        /** One that was waited for, or was there. */
        private Slot(HostId peer, SlotQueue.@Nullable Entry waited) {
            this.peer = peer;
            this.waited = waited;
        }

        /** Forgets the wait, or gives the slot back. Idempotent. */
        @Override
        public void close() {
            synchronized (RecoveryScheduler.this) {
                boolean waits = waited != null && waiting.remove(waited);
                if (!closed && !waits) {
                    waiting.done(peer);
                    freeSlots++;
                }
                closed = true;
            }
            grant();
        }
    }
}
