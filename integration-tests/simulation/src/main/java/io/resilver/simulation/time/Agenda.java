package io.resilver.simulation.time;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * Everything that will happen, in the order of its time, and at one time in the order in which it was asked for. One step takes
 * the next event, and then all that it made ready at once. For one thread.
 */
public final class Agenda {
    private static final Comparator<Event> ORDER =
            (a, b) -> a.atNanos != b.atNanos ? Long.compare(a.atNanos, b.atNanos) : Long.compare(a.number, b.number);

    /** Cancelled events are thrown out once they are so many, and more than half. */
    private static final int SWEEP = 4_096;

    private final PriorityQueue<Event> events = new PriorityQueue<>(ORDER);
    private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
    private long nowNanos;
    private long asked;
    private long steps;
    private int cancelled;

    /** Something that will happen, unless it is cancelled. */
    public final class Event {
        private final long atNanos;
        private final long number;
        private final Runnable task;
        private boolean over;

        private Event(long atNanos, long number, Runnable task) {
            this.atNanos = atNanos;
            this.number = number;
            this.task = task;
        }

        /** It does not happen, if it has not happened yet. Idempotent. */
        public void cancel() {
            if (!over) {
                over = true;
                cancelled++;
                sweep();
            }
        }
    }

    /**
     * Now.
     *
     * @return nanoseconds since the beginning
     */
    public long nanos() {
        return nowNanos;
    }

    /**
     * How many steps were made.
     *
     * @return the count
     */
    public long steps() {
        return steps;
    }

    /**
     * How much is waiting for its time.
     *
     * @return events, without those that were cancelled
     */
    public int waiting() {
        return events.size() - cancelled;
    }

    /**
     * Asks for something to happen later.
     *
     * @param delayNanos from now, zero or more
     * @param task what
     * @return cancels it
     */
    public Event after(long delayNanos, Runnable task) {
        Event event = new Event(nowNanos + Math.max(0, delayNanos), asked++, task);
        events.add(event);
        return event;
    }

    /**
     * Asks for something to happen within this step, after what was asked for before.
     *
     * @param task what
     */
    public void soon(Runnable task) {
        ready.add(task);
    }

    /**
     * Lets the next thing happen.
     *
     * @param untilNanos the latest time
     * @return false when nothing is left before that; then it is that time
     */
    public boolean step(long untilNanos) {
        Event next = events.peek();
        while (next != null && next.over) {
            events.remove();
            cancelled--;
            next = events.peek();
        }
        if (next == null || next.atNanos > untilNanos) {
            nowNanos = Math.max(nowNanos, untilNanos);
            return false;
        }
        events.remove();
        nowNanos = next.atNanos;
        next.over = true;
        steps++;
        next.task.run();
        settle();
        return true;
    }

    /** Does all that is ready, and what becomes ready by it. */
    public void settle() {
        for (Runnable task = ready.poll(); task != null; task = ready.poll()) {
            task.run();
        }
    }

    private void sweep() {
        if (cancelled > SWEEP && cancelled > events.size() / 2) {
            events.removeIf(each -> each.over);
            cancelled = 0;
        }
    }
}
