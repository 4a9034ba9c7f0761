package io.resilver.replica;

import io.resilver.replica.RequestQueue.Asked;
import java.util.ArrayList;
import java.util.List;

/**
 * What one session has appended and is not durable yet: it waits for the force that is under way and shares the next one.
 * Touched on the store's strand only.
 */
final class Forces {
    private List<Asked> waiting = new ArrayList<>();
    private boolean hasEntries;
    private boolean running;

    /** Some were appended, with or without entries in them. */
    void appended(List<Asked> group, boolean entries) {
        waiting.addAll(group);
        hasEntries |= entries;
    }

    /** Whether nothing waits and none is under way. */
    boolean isIdle() {
        return !running && waiting.isEmpty();
    }

    /** Whether one can begin now: something waits and none is under way. */
    boolean isDue() {
        return !running && !waiting.isEmpty();
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
        hasEntries = false;
        return taken;
    }
}
