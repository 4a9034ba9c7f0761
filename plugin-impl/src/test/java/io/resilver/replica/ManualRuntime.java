package io.resilver.replica;

import io.resilver.runtime.HostRuntime;
import io.resilver.spi.MonotonicClock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** One thread, the test's: tasks run when the test says so, and time goes on when the test says so. */
public final class ManualRuntime implements HostRuntime {
    private final ArrayDeque<Runnable> workers = new ArrayDeque<>();
    private final ArrayDeque<Runnable> io = new ArrayDeque<>();
    private final PriorityQueue<Waiting> timers = new PriorityQueue<>(Comparator.comparingLong(Waiting::at));
    private final Random random;
    private long now;

    private record Waiting(long at, Runnable task) {}

    /** A runtime whose chance is the same every time. */
    public ManualRuntime() {
        this(1);
    }

    /**
     * A runtime.
     *
     * @param seed of its chance
     */
    public ManualRuntime(long seed) {
        random = new Random(seed);
    }

    @Override
    public MonotonicClock clock() {
        return () -> now;
    }

    @Override
    public Executor workers() {
        return workers::add;
    }

    @Override
    public Executor io() {
        return io::add;
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        Waiting waiting = new Waiting(now + delay.toNanos(), task);
        timers.add(waiting);
        return () -> timers.remove(waiting);
    }

    /** Runs what does not block, until nothing is left. */
    public void runWorkers() {
        for (Runnable task = workers.poll(); task != null; task = workers.poll()) {
            task.run();
        }
    }

    /** Runs one task that may block; false when there was none. */
    public boolean runOneIo() {
        Runnable task = io.poll();
        if (task == null) {
            return false;
        }
        task.run();
        return true;
    }

    /** Runs one task: one that does not block, or else one that may; false when there was none. */
    public boolean runOne() {
        Runnable task = workers.poll();
        if (task == null) {
            return runOneIo();
        }
        task.run();
        return true;
    }

    /** Runs everything, until nothing is left. */
    public void runAll() {
        do {
            runWorkers();
        } while (runOneIo());
    }

    /** Lets time go on, and timers fire in order. */
    public void advance(Duration by) {
        long until = now + by.toNanos();
        for (Waiting next = timers.peek(); next != null && next.at() <= until; next = timers.peek()) {
            timers.remove();
            now = next.at();
            next.task().run();
        }
        now = until;
    }
}
