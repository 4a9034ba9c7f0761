package io.resilver.bench.process;

import io.resilver.host.cli.demo.DemoException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Waits for what no event tells. */
public final class Poll {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long EVERY_MS = 20;

    private Poll() {}

    /** What is waited for. */
    @FunctionalInterface
    public interface Condition {
        /**
         * Whether it has come.
         *
         * @return true when the waiting is over
         * @throws DemoException when it cannot come any more
         */
        boolean holds() throws DemoException;
    }

    /**
     * Waits for a minute at most.
     *
     * @param condition looked at every 20 ms
     * @param what names it in the error
     * @throws DemoException when it did not come, or cannot
     */
    public static void until(Condition condition, String what) throws DemoException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() - deadline > 0) {
                throw new DemoException("not within " + PATIENCE + ": " + what);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(EVERY_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DemoException("interrupted while waiting: " + what, e);
            }
        }
    }
}
