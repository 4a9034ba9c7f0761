package io.resilver.replica;

import io.resilver.runtime.Strand;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs what may block on the I/O executor, and always comes back to the strand: with a result, or with an error. */
final class StoreIo {
    private static final Logger LOG = LoggerFactory.getLogger(StoreIo.class);

    private final ReplicaId replica;
    private final Executor io;
    private final Strand strand;

    /** Work that may block. */
    interface Work<T> {
        T run() throws RecoveryException;
    }

    StoreIo(ReplicaId replica, Executor io, Strand strand) {
        this.replica = replica;
        this.io = io;
        this.strand = strand;
    }

    <T> void run(Work<T> work, Consumer<T> then, Consumer<RecoveryException> failed) {
        Runnable task = () -> {
            T result;
            try {
                result = work.run();
            } catch (RecoveryException e) {
                strand.execute(() -> failed.accept(e));
                return;
            } catch (Throwable e) { // an adapter's bug must not leave the store waiting for ever
                LOG.error("the store of {} threw what it should not", replica, e);
                PermanentException bug =
                        new PermanentException("the storage adapter failed at " + replica + ": " + e, e);
                strand.execute(() -> failed.accept(bug));
                return;
            }
            strand.execute(() -> then.accept(result));
        };
        try {
            io.execute(task);
        } catch (RuntimeException e) {
            failed.accept(new RetriableException("this host is closing: " + e.getMessage(), Duration.ZERO, e));
        }
    }
}
