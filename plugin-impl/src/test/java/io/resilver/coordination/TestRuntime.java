package io.resilver.coordination;

import io.resilver.runtime.HostRuntime;
import io.resilver.spi.MonotonicClock;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** Real time and real threads, two of them. */
final class TestRuntime implements HostRuntime, AutoCloseable {
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(2);
    private final java.util.Random random = new java.util.Random();

    @Override
    public MonotonicClock clock() {
        return System::nanoTime;
    }

    @Override
    public Executor workers() {
        return threads;
    }

    @Override
    public Executor io() {
        return threads;
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        Future<?> waiting = threads.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> waiting.cancel(false);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
