package io.resilver.execution;

import io.resilver.runtime.HostRuntime;
import io.resilver.spi.MonotonicClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** A runtime with disks that may hang: then a call neither ends nor fails, until it comes back. */
final class HangingIo implements HostRuntime {
    private final HostRuntime real;
    private final List<Runnable> out = new ArrayList<>();
    private boolean hangs;

    HangingIo(HostRuntime real) {
        this.real = real;
    }

    /** From now on no call comes back. */
    void hang() {
        hangs = true;
    }

    /** Calls from now on come back; those that hang do not. */
    void goOn() {
        hangs = false;
    }

    /** How many calls are out. */
    int out() {
        return out.size();
    }

    /** All of them come back, and others do not hang. */
    void comeBack() {
        hangs = false;
        out.forEach(real.io()::execute);
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
        return task -> {
            if (hangs) {
                out.add(task);
            } else {
                real.io().execute(task);
            }
        };
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
