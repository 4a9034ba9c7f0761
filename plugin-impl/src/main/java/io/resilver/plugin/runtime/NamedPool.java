package io.resilver.plugin.runtime;

import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pool of named daemon threads that survives what its tasks throw, drops what comes after its end, and has other threads in
 * place of those whose task does not come back.
 */
final class NamedPool extends ThreadPoolExecutor {
    private static final Logger LOG = LoggerFactory.getLogger(NamedPool.class);

    /** Idle threads end: a quiet host holds none. */
    private static final long IDLE_SECONDS = 30;

    private final int threads;
    /** When each thread that is at work took its present task. */
    private final Map<Thread, Long> busySinceNanos = new ConcurrentHashMap<>();

    private final Set<Thread> hanging = new HashSet<>();

    NamedPool(String prefix, int threads, Runnable onDropped) {
        super(
                threads,
                threads,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                daemons(prefix),
                (task, pool) -> onDropped.run());
        this.threads = threads;
        allowCoreThreadTimeOut(true);
    }

    /** A task that throws would end its thread and print to standard error: it is logged, and the thread goes on. */
    @Override
    public void execute(Runnable task) {
        super.execute(() -> {
            Thread mine = Thread.currentThread();
            busySinceNanos.put(mine, System.nanoTime());
            try {
                task.run();
            } catch (Throwable t) { // the pool must outlive any task
                LOG.atError().setCause(t).log("A task of the driver threw; its thread goes on");
            } finally {
                busySinceNanos.remove(mine);
            }
        });
    }

    /**
     * Has as many threads at work beside those that hang as there should be. Called by one thread at a time.
     *
     * @param nowNanos the time
     * @param patience how long a task may take
     * @param most threads in place of those that hang
     */
    void replaceHanging(long nowNanos, Duration patience, int most) {
        Set<Thread> found = new HashSet<>();
        busySinceNanos.forEach((thread, sinceNanos) -> {
            if (nowNanos - sinceNanos > patience.toNanos()) {
                found.add(thread);
                if (hanging.add(thread)) {
                    tell(thread, nowNanos - sinceNanos);
                }
            }
        });
        hanging.retainAll(found);
        int wanted = threads + Math.min(found.size(), most);
        if (wanted > getCorePoolSize()) {
            setMaximumPoolSize(wanted);
            setCorePoolSize(wanted);
        } else if (wanted < getCorePoolSize()) {
            setCorePoolSize(wanted);
            setMaximumPoolSize(wanted);
        }
    }

    private static void tell(Thread thread, long busyNanos) {
        IllegalStateException where = new IllegalStateException("where " + thread.getName() + " is");
        where.setStackTrace(thread.getStackTrace());
        LOG.atWarn()
                .setMessage("A task does not come back: another thread does its thread's work until it does")
                .addKeyValue("thread", thread.getName())
                .addKeyValue("busyMs", Duration.ofNanos(busyNanos).toMillis())
                .setCause(where)
                .log();
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
