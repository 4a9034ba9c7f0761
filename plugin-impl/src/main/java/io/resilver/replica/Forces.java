package io.resilver.replica;

import io.resilver.replica.RequestQueue.Asked;
import java.util.ArrayList;
import java.util.List;

/**
 * What one session has appended and is not durable yet: it waits for the force that is under way and shares the next one.
 * Touched on the store's strand only.
 */
final class Forces {
    /** What is worth a force of its own while more waits to be appended: a disk takes about as long to write it as to sync. */
    private static final long ENOUGH_BYTES = 4L << 20;

    private List<Asked> waiting = new ArrayList<>();
    private long waitingBytes;
    private boolean hasEntries;
    private boolean running;

    /** Some were appended, with or without entries in them. */
    void appended(List<Asked> group, boolean entries) {
        waiting.addAll(group);
        group.forEach(each -> waitingBytes += each.weight());
        hasEntries |= entries;
    }

    /** Whether nothing waits and none is under way. */
    boolean isIdle() {
        return !running && waiting.isEmpty();
    }

    /**
     * Whether one is to begin now: something waits, none is under way, and it is not better to append first what has come.
     *
     * @param moreHasCome whether an append is next in the queue
     */
    boolean isDue(boolean moreHasCome) {
        return !running && !waiting.isEmpty() && (!moreHasCome || waitingBytes >= ENOUGH_BYTES);
    }

    /** Whether what waits for a force that is under way is enough for the next one. */
    boolean nextIsFull() {
        return running && waitingBytes >= ENOUGH_BYTES;
    }

    /** Whether something that waits has entries: without, there is nothing to force. */
    boolean hasEntries() {
        return hasEntries;
    }

    void began() {
        running = true;
    }

    void ended() {
        running = false;
    }

    /** What waits; from here on it waits no more. */
    List<Asked> take() {
        List<Asked> taken = waiting;
        waiting = new ArrayList<>();
        waitingBytes = 0;
        hasEntries = false;
        return taken;
    }
}
