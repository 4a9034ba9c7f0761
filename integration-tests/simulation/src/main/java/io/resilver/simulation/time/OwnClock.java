package io.resilver.simulation.time;

import io.resilver.runtime.HostRuntime;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One process's monotonic clock and what waits by it. It runs a little fast or slow; it stands still while its machine sleeps, as
 * Linux has it, and then all that waits by it comes later; and it may leap ahead, and then all that waits by it comes sooner.
 */
final class OwnClock {
    private final Agenda agenda;
    private final double rate;
    private final Set<Waiting> waiting = new LinkedHashSet<>();
    private long aheadNanos;
    private OptionalLong standsAt = OptionalLong.empty();
    private OptionalLong stoodAt = OptionalLong.empty();

    OwnClock(Agenda agenda, double rate) {
        this.agenda = agenda;
        this.rate = rate;
    }

    /** Something that waits for a time of this clock. */
    private final class Waiting implements HostRuntime.Timer {
        private final long atNanos;
        private final Runnable task;
        private Optional<Agenda.Event> event = Optional.empty();

        Waiting(long atNanos, Runnable task) {
            this.atNanos = atNanos;
            this.task = task;
        }

        void ask(long delayNanos) {
            event = Optional.of(agenda.after((long) (delayNanos / rate), () -> {
                waiting.remove(this);
                task.run();
            }));
        }

        void askNot() {
            event.ifPresent(Agenda.Event::cancel);
            event = Optional.empty();
        }

        @Override
        public void cancel() {
            waiting.remove(this);
            askNot();
        }
    }

    long nanos() {
        return standsAt.isPresent() ? standsAt.getAsLong() : (long) (agenda.nanos() * rate) + aheadNanos;
    }

    HostRuntime.Timer after(Duration delay, Runnable task) {
        Waiting next = new Waiting(nanos() + delay.toNanos(), task);
        waiting.add(next);
        if (standsAt.isEmpty()) {
            next.ask(delay.toNanos());
        }
        return next;
    }

    void stand() {
        standsAt = OptionalLong.of(nanos());
        waiting.forEach(Waiting::askNot);
    }

    void goOn() {
        long now = nanos();
        aheadNanos = now - (long) (agenda.nanos() * rate);
        standsAt = OptionalLong.empty();
        stoodAt = OptionalLong.of(now);
        askAgain();
    }

    void leap(Duration ahead) {
        if (standsAt.isEmpty()) {
            aheadNanos += ahead.toNanos();
            waiting.forEach(Waiting::askNot);
            askAgain();
        }
    }

    private void askAgain() {
        long now = nanos();
        waiting.forEach(each -> each.ask(Math.max(0, each.atNanos - now)));
    }

    /** Whether it stood still within its own last time. */
    boolean stoodWithin(Duration time) {
        return stoodAt.isPresent() && nanos() - stoodAt.getAsLong() <= time.toNanos();
    }
}
