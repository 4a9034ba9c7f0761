package io.resilver.replica;

import io.resilver.runtime.HostRuntime;
import io.resilver.spi.MonotonicClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * A runtime with disks that may hang: while they do, each task runs on a thread of its own, and the first call of a store that its
 * hook lets {@link #block} neither ends nor fails until it comes back. One thread runs at any time, the test's or one of these.
 */
public final class HangingIo implements HostRuntime {
    private final HostRuntime real;
    private final List<Hanging> out = new ArrayList<>();
    private boolean hangs;

    public HangingIo(HostRuntime real) {
        this.real = real;
    }

    /** A task that has come as far as a call, or to its end. */
    private static final class Hanging extends Thread {
        private final CountDownLatch stopped = new CountDownLatch(1);
        private final CountDownLatch comeBack = new CountDownLatch(1);

        Hanging(Runnable task) {
            super(task, "hanging");
            setDaemon(true);
        }

        @Override
        public void run() {
            try {
                super.run();
            } finally {
                stopped.countDown();
            }
        }

        void block() {
            stopped.countDown();
            await(comeBack);
        }

        static void await(CountDownLatch latch) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts it", e);
            }
        }
    }

    /** From now on no call that blocks comes back. */
    public void hang() {
        hangs = true;
    }

    /** Calls from now on come back; those that hang do not. */
    public void goOn() {
        hangs = false;
    }

    /** What a store does in a call: hangs, where its disk does. */
    public void block() {
        if (Thread.currentThread() instanceof Hanging hanging) {
            hanging.block();
        }
    }

    /** How many calls are out. */
    public int out() {
        return (int) out.stream().filter(Thread::isAlive).count();
    }

    /** All of them come back, one after the other, and others do not hang. */
    public void comeBack() {
        hangs = false;
        for (Hanging each : out) {
            each.comeBack.countDown();
            try {
                each.join();
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts it", e);
            }
        }
        out.clear();
    }

    @Override
    public MonotonicClock clock() {
        return real.clock();
    }

    @Override
    public Executor workers() {
        return real.workers();
    }

    @Override
    public Executor io() {
        return task -> real.io().execute(() -> {
            if (hangs) {
                Hanging hanging = new Hanging(task);
                out.add(hanging);
                hanging.start();
                Hanging.await(hanging.stopped);
            } else {
                task.run();
            }
        });
    }

    @Override
    public RandomGenerator random() {
        return real.random();
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        return real.after(delay, task);
    }
}
