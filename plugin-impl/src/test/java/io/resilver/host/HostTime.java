package io.resilver.host;

import io.resilver.replica.ManualRuntime;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.MonotonicClock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** One process in the time that all share: it can be stopped and go on, with everything that came meanwhile, or die. */
final class HostTime implements HostRuntime {
    private static final int SLOWEST_IO_MS = 20;

    private final ManualRuntime shared;
    private final Random random;
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private boolean paused;
    private boolean dead;

    HostTime(ManualRuntime shared, Random random) {
        this.shared = shared;
        this.random = random;
    }

    private void run(Runnable task) {
        if (paused && !dead) {
            held.add(task);
        } else if (!dead) {
            task.run();
        }
    }

    boolean isPaused() {
        return paused;
    }

    /** As SIGSTOP. */
    void pause() {
        paused = true;
    }

    /** As SIGCONT: what came meanwhile is dealt with in its order. */
    void resume() {
        paused = false;
        while (!held.isEmpty()) {
            Runnable task = held.remove();
            shared.workers().execute(() -> run(task));
        }
    }

    /** As SIGKILL. */
    void kill() {
        dead = true;
        held.clear();
    }

    @Override
    public MonotonicClock clock() {
        return shared.clock();
    }

    @Override
    public Executor workers() {
        return task -> shared.workers().execute(() -> run(task));
    }

    /** Each call of a disk takes its time, so that something may come between a check and a change. */
    @Override
    public Executor io() {
        return task -> shared.after(Duration.ofMillis(random.nextInt(SLOWEST_IO_MS)), () -> run(task));
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        return shared.after(delay, () -> run(task));
    }
}
