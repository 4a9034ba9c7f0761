package io.resilver.runtime;

import java.time.Duration;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A task that is done again and again, one time after the other. A time that throws is logged, and is not the last: what is
 * done for as long as the driver lives must not end with one accident. Thread safe; nothing blocks.
 */
public final class Repeated {
    private static final Logger LOG = LoggerFactory.getLogger(Repeated.class);

    private final HostRuntime runtime;
    private final Executor where;
    private final Duration every;
    private final String what;
    private final Runnable task;
    private volatile boolean stopped;

    /**
     * A task that is not begun.
     *
     * @param where where it runs
     * @param every how long after its end it begins again
     * @param what names it in the log
     */
    public Repeated(HostRuntime runtime, Executor where, Duration every, String what, Runnable task) {
        this.runtime = runtime;
        this.where = where;
        this.every = every;
        this.what = what;
        this.task = task;
    }

    /** Does it for the first time after its wait. Call once. */
    public void start() {
        runtime.after(every, () -> where.execute(this::run));
    }

    /** Not again; what is under way ends by itself. */
    public void stop() {
        stopped = true;
    }

    private void run() {
        if (stopped) {
            return;
        }
        try {
            task.run();
        } catch (Throwable t) { // whatever it is, the next time comes
            LOG.atError()
                    .setMessage("a task of the driver threw unexpectedly: it is done again in its time")
                    .addKeyValue("task", what)
                    .addKeyValue("again-in", every)
                    .setCause(t)
                    .log();
        } finally {
            start();
        }
    }
}
