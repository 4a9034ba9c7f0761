package io.resilver.execution.scrub;

import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Lets one range of a host be compared at a time, first come, first served. Thread safe; callbacks run outside the lock, on
 * the thread that gave the turn back.
 */
public final class ScrubTurns {
    private final ArrayDeque<Turn> waiting = new ArrayDeque<>();
    private Optional<Turn> taken = Optional.empty();

    /** A host on which nothing is compared. */
    public ScrubTurns() {}

    /**
     * Waits for the turn.
     *
     * @param begin called at most once, with the turn taken; it may come late, after it was closed
     * @return the wait, and then the turn: its owner closes it
     */
    public Turn take(Runnable begin) {
        Turn turn = new Turn(begin);
        synchronized (this) {
            waiting.add(turn);
        }
        grant();
        return turn;
    }

    private void grant() {
        Turn next;
        synchronized (this) {
            if (taken.isPresent() || waiting.isEmpty()) {
                return;
            }
            next = waiting.remove();
            taken = Optional.of(next);
        }
        next.begin.run();
    }

    /** A wait, and then the turn. Thread safe. */
    public final class Turn implements AutoCloseable {
        private final Runnable begin;

        private Turn(Runnable begin) {
            this.begin = begin;
        }

        /** Forgets the wait, or gives the turn back. Idempotent. */
        @Override
        public void close() {
            synchronized (ScrubTurns.this) {
                waiting.remove(this);
                taken = taken.filter(holder -> holder != this);
            }
            grant();
        }
    }
}
