package io.resilver.bench.takeover;

import io.resilver.host.cli.demo.DemoException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Waits for what no event tells. */
final class Poll {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long EVERY_MS = 20;

    private Poll() {}

    interface Condition {
        boolean holds() throws DemoException;
    }

    static void until(Condition condition, String what) throws DemoException {
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
