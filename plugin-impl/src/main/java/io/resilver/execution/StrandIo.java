package io.resilver.execution;

import io.resilver.replica.StoreSite;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Runs calls of a store off a strand and brings their results back to it. Used on the strand. */
final class StrandIo {
    private final HostRuntime runtime;
    private final Strand strand;
    private final StoreSite site;
    private int callsOut;

    /**
     * Nothing is called yet.
     *
     * @param site the store that is called
     */
    StrandIo(HostRuntime runtime, Strand strand, StoreSite site) {
        this.runtime = runtime;
        this.strand = strand;
        this.site = site;
    }

    /** The same store and strand, for somebody else whose calls are counted by themselves. */
    StrandIo another() {
        return new StrandIo(runtime, strand, site);
    }

    /**
     * Runs a call that may block, then exactly one of the two continuations on the strand.
     *
     * @param call what to do
     * @param done takes its result
     * @param failed takes its failure, by the store's name; anything unchecked is a {@link PermanentException} of this one
     *     recovery
     */
    <T> void run(Callable<T> call, Consumer<T> done, Consumer<RecoveryException> failed) {
        callsOut++;
        runtime.io().execute(() -> {
            T result;
            try {
                result = call.call();
            } catch (Throwable t) { // an adapter's bug fails its own recovery, not the host
                RecoveryException cause = site.says(t);
                strand.execute(() -> {
                    callsOut--;
                    failed.accept(cause);
                });
                return;
            }
            strand.execute(() -> {
                callsOut--;
                done.accept(result);
            });
        });
    }

    /** How many calls have not come back: nobody can end one that never does. */
    int callsOut() {
        return callsOut;
    }

    /** The store that is called. */
    StoreSite site() {
        return site;
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

    /** What a policy or the driver itself threw. */
    static RecoveryException typed(Throwable t) {
        return t instanceof RecoveryException known
                ? known
                : new PermanentException("unexpected " + t + ": this is a bug in a provider or the driver", t);
    }
}
