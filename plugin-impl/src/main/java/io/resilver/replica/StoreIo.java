package io.resilver.replica;

import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what may block on the I/O executor, and always comes back to the strand: with a result, or with an error by the store's
 * name. Used on the strand.
 */
final class StoreIo {
    private static final Logger LOG = LoggerFactory.getLogger(StoreIo.class);

    /** A call that is out for longer hangs: a disk that takes so long over a force is no use to a recovery either. */
    static final Duration HANGING = Duration.ofSeconds(10);

    private final StoreSite site;
    private final HostRuntime runtime;
    private final Strand strand;
    /** The calls that are out, the oldest first. */
    private final ArrayDeque<Call> out = new ArrayDeque<>();

    /** Work that may block. */
    interface Work<T> {
        T run() throws RecoveryException;
    }

    private static final class Call {
        /** Empty while it waits for a thread, which is not the store's doing. */
        private volatile OptionalLong sinceNanos = OptionalLong.empty();
    }

    StoreIo(StoreSite site, HostRuntime runtime, Strand strand) {
        this.site = site;
        this.runtime = runtime;
        this.strand = strand;
    }

    <T> void run(Work<T> work, Consumer<T> then, Consumer<RecoveryException> failed) {
        Call call = new Call();
        Runnable task = () -> {
            call.sinceNanos = OptionalLong.of(runtime.clock().nanos());
            T result;
            try {
                result = work.run();
            } catch (RecoveryException e) {
                back(call, () -> failed.accept(site.says(e)));
                return;
            } catch (Throwable e) { // an adapter's bug must not leave the store waiting for ever
                LOG.error("the store {} threw what it should not", site, e);
                back(call, () -> failed.accept(site.says(e)));
                return;
            }
            back(call, () -> then.accept(result));
        };
        try {
            runtime.io().execute(task);
            out.add(call);
        } catch (RuntimeException e) {
            failed.accept(new RetriableException("this host is closing: " + e.getMessage(), Duration.ZERO, e));
        }
    }

    private void back(Call call, Runnable then) {
        strand.execute(() -> {
            out.remove(call);
            then.run();
        });
    }

    /** What is said to whoever would have to wait for a call that may never come back. */
    Optional<RetriableException> hanging() {
        Call oldest = out.peek();
        if (oldest == null || oldest.sinceNanos.isEmpty()) {
            return Optional.empty();
        }
        Duration since = Duration.ofNanos(runtime.clock().nanos() - oldest.sinceNanos.getAsLong());
        return since.compareTo(HANGING) < 0
                ? Optional.empty()
                : Optional.of(new RetriableException(
                        site + " has not come back from a call for " + since
                                + ": nothing more is asked of it until then",
                        Duration.ZERO));
    }
}
