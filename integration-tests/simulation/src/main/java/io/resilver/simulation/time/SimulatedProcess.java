package io.resilver.simulation.time;

import io.resilver.runtime.HostRuntime;
import io.resilver.spi.MonotonicClock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * One process: its clock runs a little fast or slow, its disk takes its time, and it can be stopped and go on with all that
 * came meanwhile, or die. For one thread.
 */
public final class SimulatedProcess implements HostRuntime {
    private static final long FASTEST_IO_NANOS = 20_000;
    private static final long SLOWEST_IO_NANOS = 20_000_000;
    private static final double PERCENT = 100;

    private final Agenda agenda;
    private final Random random;
    private final RandomGenerator given;
    private final OwnClock clock;
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private long slowNanos;
    private long slowCalls;
    private long waited;
    private int stops;
    private int sleeps;
    private boolean dead;

    /**
     * A process that runs.
     *
     * @param agenda the time that all share
     * @param random its chance
     * @param given what it takes for chance
     * @param driftPercent how much its clock is fast, negative for slow
     */
    public SimulatedProcess(Agenda agenda, Random random, RandomGenerator given, double driftPercent) {
        this.agenda = agenda;
        this.random = random;
        this.given = given;
        this.clock = new OwnClock(agenda, 1 + driftPercent / PERCENT);
    }

    private void run(Runnable task) {
        if (dead) {
            return;
        }
        if (stops > 0) {
            held.add(task);
            waited++;
        } else {
            task.run();
        }
    }

    /** As SIGSTOP; it goes on when it was told to as often as it was stopped. */
    public void stop() {
        stops++;
    }

    /** As SIGCONT: what came meanwhile is dealt with in its order. */
    public void goOn() {
        stops--;
        while (stops == 0 && !held.isEmpty()) {
            Runnable task = held.remove();
            agenda.soon(() -> run(task));
        }
    }

    /** As a machine that is suspended: the process is stopped, and its clock stands still. */
    public void sleep() {
        stop();
        if (sleeps++ == 0) {
            clock.stand();
        }
    }

    /** As a machine that wakes, when it was told to as often as it was suspended: for its process no time went by. */
    public void wake() {
        if (--sleeps == 0) {
            clock.goOn();
        }
        goOn();
    }

    /**
     * Its clock leaps: all that waits by it comes so much sooner.
     *
     * @param ahead how far
     */
    public void leap(Duration ahead) {
        clock.leap(ahead);
    }

    /**
     * Whether its machine slept, and its clock with it, not longer ago than a time of that clock.
     *
     * @param time how long ago at most
     * @return false for a clock that ran all that time
     */
    public boolean sleptWithin(Duration time) {
        return clock.stoodWithin(time);
    }

    /** As SIGKILL: nothing of it runs any more. */
    public void kill() {
        dead = true;
        held.clear();
    }

    /**
     * Whether it was not killed.
     *
     * @return true also while it is stopped
     */
    public boolean isAlive() {
        return !dead;
    }

    /**
     * Makes its disk slow.
     *
     * @param nanos how much longer each call may take, 0 for not slow
     */
    public void slowDisk(long nanos) {
        slowNanos = nanos;
    }

    /**
     * How many calls of its disk took longer than they do.
     *
     * @return a count that only rises
     */
    public long slowCalls() {
        return slowCalls;
    }

    /**
     * How much came while it was stopped.
     *
     * @return a count that only rises
     */
    public long waited() {
        return waited;
    }

    @Override
    public MonotonicClock clock() {
        return clock::nanos;
    }

    @Override
    public Executor workers() {
        return task -> agenda.soon(() -> run(task));
    }

    /** Each call of a disk takes its time, so that something may come between a check and a change. */
    @Override
    public Executor io() {
        return task -> {
            long nanos = random.nextInt(4) == 0 ? SLOWEST_IO_NANOS : FASTEST_IO_NANOS;
            slowCalls += slowNanos > 0 ? 1 : 0;
            agenda.after((long) (random.nextDouble() * (nanos + slowNanos)), () -> run(task));
        };
    }

    @Override
    public RandomGenerator random() {
        return given;
    }

    /**
     * The chance of those who use it: its clients, and its housekeeping.
     *
     * @return the same at every call
     */
    public Random chance() {
        return random;
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        return clock.after(delay, () -> run(task));
    }
}
