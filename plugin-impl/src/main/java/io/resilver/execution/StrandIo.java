package io.resilver.execution;

import io.resilver.replica.StoreSite;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Runs calls of a store off a strand and brings their results back to it. Used on the strand. */
final class StrandIo {
    private final HostRuntime runtime;
    private final Strand strand;
    private final StoreSite site;
    private final @Nullable StrandIo whole;
    private final ArrayDeque<Call> out = new ArrayDeque<>();

    /** A call that has not come back. */
    private static final class Call {
        /** Before that it waits for a thread, which is not the store's doing. */
        private volatile boolean begun;
    }

    /**
     * Nothing is called yet.
     *
     * @param site the store that is called
     */
    StrandIo(HostRuntime runtime, Strand strand, StoreSite site) {
        this(runtime, strand, site, null);
    }

    private StrandIo(HostRuntime runtime, Strand strand, StoreSite site, @Nullable StrandIo whole) {
        this.whole = whole;
        this.runtime = runtime;
        this.strand = strand;
        this.site = site;
    }

    /** The same store and strand, for somebody else whose calls are counted by themselves. */
    StrandIo another() {
        return new StrandIo(runtime, strand, site);
    }

    /** The same for a part of this one's calls: they are counted here, too. */
    StrandIo part() {
        return new StrandIo(runtime, strand, site, this);
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
        Call mine = new Call();
        Runnable task = () -> {
            mine.begun = true;
            T result;
            try {
                result = call.call();
            } catch (Throwable t) { // an adapter's bug fails its own recovery, not the host
                RecoveryException cause = site.says(t);
                strand.execute(() -> {
                    back(mine);
                    failed.accept(cause);
                });
                return;
            }
            strand.execute(() -> {
                back(mine);
                done.accept(result);
            });
        };
        try {
            runtime.io().execute(task);
        } catch (RuntimeException | Error noThread) {
            strand.execute(() -> failed.accept(new RetriableException(
                    "no thread of this host takes a call of " + site + ": " + noThread, Duration.ZERO, noThread)));
            return;
        }
        out(mine);
    }

    private void out(Call call) {
        out.add(call);
        if (whole != null) {
            whole.out(call);
        }
    }

    private void back(Call call) {
        out.remove(call);
        if (whole != null) {
            whole.back(call);
        }
    }

    /** How many calls have not come back: nobody can end one that never does. */
    int callsOut() {
        return out.size();
    }

    /** What is waited for, where a call has not come back. */
    Optional<String> waitsFor() {
        if (out.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                out.stream().anyMatch(call -> call.begun)
                        ? site + " has not come back from a call"
                        : "no thread of this host came free for a call of " + site);
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

    /** The host's randomness. */
    RandomGenerator random() {
        return runtime.random();
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
