package io.resilver.execution;

import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Runs storage calls off a strand and brings their results back to it. */
final class StrandIo {
    private final HostRuntime runtime;
    private final Strand strand;

    StrandIo(HostRuntime runtime, Strand strand) {
        this.runtime = runtime;
        this.strand = strand;
    }

    /**
     * Runs a call that may block, then exactly one of the two continuations on the strand.
     *
     * @param call what to do
     * @param done takes its result
     * @param failed takes its typed failure; anything unchecked is a {@link PermanentException} of this one recovery
     */
    <T> void run(Callable<T> call, Consumer<T> done, Consumer<RecoveryException> failed) {
        runtime.io().execute(() -> {
            T result;
            try {
                result = call.call();
            } catch (Throwable t) { // an adapter's bug fails its own recovery, not the host
                RecoveryException cause = typed(t);
                strand.execute(() -> failed.accept(cause));
                return;
            }
            strand.execute(() -> done.accept(result));
        });
    }

    /** Runs a task on the strand after a delay. */
    HostRuntime.Timer after(Duration delay, Runnable task) {
        return runtime.after(delay, () -> strand.execute(task));
    }

    /** Runs a task that is thread safe after a delay, not on the strand. */
    HostRuntime.Timer afterElsewhere(Duration delay, Runnable task) {
        return runtime.after(delay, task);
    }

    long nanos() {
        return runtime.clock().nanos();
    }

    Executor strand() {
        return strand;
    }

    static RecoveryException typed(Throwable t) {
        return t instanceof RecoveryException known
                ? known
                : new PermanentException("unexpected " + t + ": this is a bug in the adapter or the driver", t);
    }
}
