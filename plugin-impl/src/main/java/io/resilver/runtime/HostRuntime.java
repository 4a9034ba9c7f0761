package io.resilver.runtime;

import io.resilver.spi.MonotonicClock;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** One host's time, threads and randomness. Thread safe. */
public interface HostRuntime {
    /**
     * The time.
     *
     * @return a monotonic clock
     */
    MonotonicClock clock();

    /**
     * Runs short tasks that never block. Tasks may run at the same time; use a {@link Strand} for state.
     *
     * @return the shared executor
     */
    Executor workers();

    /**
     * Runs tasks that may block on disks.
     *
     * @return a bounded executor
     */
    Executor io();

    /**
     * A source of randomness, seeded under simulation.
     *
     * @return a thread safe generator
     */
    RandomGenerator random();

    /**
     * Runs a task later on {@link #workers}.
     *
     * @param delay how long to wait, zero or more
     * @param task a short task that never blocks
     * @return cancels the timer; a task that is already running is not stopped
     */
    Timer after(Duration delay, Runnable task);

    /** A task that waits for its time. */
    @FunctionalInterface
    interface Timer {
        /** Forgets the task if it has not begun. Idempotent. */
        void cancel();
    }
}
