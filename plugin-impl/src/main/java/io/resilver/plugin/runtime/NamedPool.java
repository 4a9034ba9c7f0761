package io.resilver.plugin.runtime;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A pool of named daemon threads that survives what its tasks throw and drops what comes after its end. */
final class NamedPool extends ThreadPoolExecutor {
    private static final Logger LOG = LoggerFactory.getLogger(NamedPool.class);

    /** Idle threads end: a quiet host holds none. */
    private static final long IDLE_SECONDS = 30;

    NamedPool(String prefix, int threads, Runnable onDropped) {
        super(
                threads,
                threads,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                daemons(prefix),
                (task, pool) -> onDropped.run());
        allowCoreThreadTimeOut(true);
    }

    /** A task that throws would end its thread and print to standard error: it is logged, and the thread goes on. */
    @Override
    public void execute(Runnable task) {
        super.execute(() -> {
            try {
                task.run();
            } catch (Throwable t) { // the pool must outlive any task
                LOG.atError().setCause(t).log("A task of the driver threw; its thread goes on");
            }
        });
    }

    static ThreadFactory daemons(String prefix) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, prefix + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
