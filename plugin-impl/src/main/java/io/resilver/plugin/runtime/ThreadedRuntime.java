package io.resilver.plugin.runtime;

import io.resilver.runtime.HostRuntime;
import io.resilver.spi.MonotonicClock;
import io.resilver.spi.model.HostId;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A host's threads, in three small pools and one timer thread; they are daemons, named {@code resilver-<host>-…}. Their
 * number does not depend on how many replicas the host has. Thread safe.
 *
 * <p>The pools' queues have no bound of their own, because each answer to a full queue is worse than the queue: to block
 * the caller deadlocks workers that post to workers, and to refuse a task stops its strand for ever. Whoever posts is
 * bounded instead: a strand has one turn in the queue, a stream has its window, a volume its requests.
 *
 * <p>After {@link #close} a task is dropped and counted, never refused by an exception: what still comes then is a late
 * answer on somebody else's thread (the network's, ZooKeeper's), who can do nothing with the exception. The driver has
 * answered its own callers before it closes its runtime.
 */
public final class ThreadedRuntime implements HostRuntime, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ThreadedRuntime.class);

    /** A worker never blocks, so a thread for each core is enough; two, so that one long task does not stop the rest. */
    private static final int LEAST_WORKERS = 2;

    /** Threads that wait for disks. More of them only lengthens the disks' own queues. */
    private static final int IO_THREADS = 8;

    /** A sink that hangs holds one of these; beyond them sinks wait for each other, and never a recovery for a sink. */
    private static final int SINK_THREADS = 16;

    /** How long {@link #close} waits for tasks to end by themselves: longer than a slow flush. */
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

    /** How long an interrupted task may take to notice. */
    private static final Duration INTERRUPT_WAIT = Duration.ofSeconds(1);

    /** How long a task may take before it hangs, and another thread does the work of its own: longer than any force takes. */
    private static final Duration HANGING = Duration.ofSeconds(10);

    /** How often it is looked for tasks that hang. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /**
     * Threads, at most, in place of those that hang: a store that hangs takes a few, and a host on which more than some dozens do
     * has no disks left to go on with.
     */
    private static final int MOST_SPARE = 56;

    private final LongAdder dropped = new LongAdder();
    private final SecureRandom random = new SecureRandom();
    private final NamedPool workers;
    private final NamedPool io;
    private final NamedPool sinks;
    private final ScheduledThreadPoolExecutor timers;

    /**
     * Makes the pools. Threads start when there is work for them.
     *
     * @param host names the threads
     */
    @SuppressWarnings("FutureReturnValueIgnored") // looking ends with the timers, and never throws
    public ThreadedRuntime(HostId host) {
        String prefix = "resilver-" + host + "-";
        int cores = Runtime.getRuntime().availableProcessors();
        workers = new NamedPool(prefix + "worker-", Math.max(LEAST_WORKERS, cores), dropped::increment);
        io = new NamedPool(prefix + "io-", IO_THREADS, dropped::increment);
        sinks = new NamedPool(prefix + "sink-", SINK_THREADS, dropped::increment);
        timers = new ScheduledThreadPoolExecutor(1, NamedPool.daemons(prefix + "timer-"));
        // Most timers guard something that goes well: without this, each would stay until its time.
        timers.setRemoveOnCancelPolicy(true);
        timers.scheduleWithFixedDelay(this::replaceHanging, LOOK.toNanos(), LOOK.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Providers are other people's code: whatever never comes back holds its thread, and no one else's work. */
    private void replaceHanging() {
        try {
            long now = System.nanoTime();
            workers.replaceHanging(now, HANGING, MOST_SPARE);
            io.replaceHanging(now, HANGING, MOST_SPARE);
        } catch (RuntimeException | Error failed) { // no memory for a thread: the next look tries again
            LOG.atError().setCause(failed).log("Tasks that hang could not be replaced");
        }
    }

    @Override
    public MonotonicClock clock() {
        return System::nanoTime;
    }

    @Override
    public Executor workers() {
        return workers;
    }

    @Override
    public Executor io() {
        return io;
    }

    /**
     * Runs event sinks, which are other people's code and may block for as long as they like. They have threads of their
     * own, so that a sink that hangs takes none from the disks.
     *
     * @return a bounded executor
     */
    public Executor sinks() {
        return sinks;
    }

    /**
     * The operating system's randomness. Mint, store and session ids tell primaries and disks apart, with 128 bits and
     * nobody to ask: a generator seeded from the clock repeats itself on two machines that were started from one image,
     * and a peer could compute the next id from the last. It is fast enough for the little else that asks.
     */
    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        PendingTask pending = new PendingTask(task);
        try {
            var future = timers.schedule(() -> workers.execute(pending), saturatedNanos(delay), TimeUnit.NANOSECONDS);
            return () -> {
                pending.forget();
                future.cancel(false);
            };
        } catch (RejectedExecutionException closed) {
            dropped.increment();
            return pending::forget;
        }
    }

    /**
     * How many tasks came after the end, or had not begun then. Timers that were pending at the end are not counted:
     * they had not come yet.
     *
     * @return a count that only grows
     */
    public long dropped() {
        return dropped.sum();
    }

    /** Closes with a wait that suits a driver which has already ended its own work. Idempotent. */
    @Override
    public void close() {
        close(CLOSE_WAIT);
    }

    /**
     * Forgets all timers, lets tasks that are queued or running end, then interrupts what is left. Idempotent. Must not
     * be called on one of the runtime's own threads.
     *
     * @param wait how long tasks may take to end by themselves; after that they have a second to notice the interrupt
     * @return false when a task did not end even so; its thread is a daemon and does not keep the process alive
     */
    public boolean close(Duration wait) {
        timers.shutdownNow();
        List<NamedPool> pools = List.of(workers, io, sinks);
        pools.forEach(NamedPool::shutdown);
        if (awaitAll(pools, wait)) {
            return true;
        }
        pools.forEach(pool -> dropped.add(pool.shutdownNow().size()));
        return awaitAll(pools, INTERRUPT_WAIT);
    }

    private boolean awaitAll(List<NamedPool> pools, Duration wait) {
        long end = System.nanoTime() + saturatedNanos(wait);
        try {
            boolean ended = timers.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            for (NamedPool pool : pools) {
                ended &= pool.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
            return ended;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Far less than a long holds, so that a deadline computed from it by addition is still in the future. */
    private static long saturatedNanos(Duration duration) {
        long longest = Long.MAX_VALUE / 4;
        return duration.compareTo(Duration.ofNanos(longest)) > 0 ? longest : duration.toNanos();
    }
}
