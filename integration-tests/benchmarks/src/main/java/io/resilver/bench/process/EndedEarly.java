package io.resilver.bench.process;

import io.resilver.host.cli.demo.DemoException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a comparison that is ended by SIGTERM or SIGINT leave nothing behind: its processes are killed, by which the comparison
 * fails and cleans up as after any failure, and the JVM waits for that.
 */
public final class EndedEarly {
    /** Killing four processes, stopping a server and deleting a few megabytes takes a second or two. */
    private static final long PATIENCE_SECONDS = 20;

    private final CountDownLatch cleanedUp = new CountDownLatch(1);
    private final Thread hook;

    /**
     * From now on until {@link #close}.
     *
     * @param children the comparison's processes
     */
    public EndedEarly(Children children) {
        hook = new Thread(() -> end(children), "ended-early");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void end(Children children) {
        try {
            children.end();
            cleanedUp.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (DemoException notGone) {
            return; // it was sent the signal that nobody survives
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Everything is cleaned up. */
    public void close() {
        cleanedUp.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyEnding) {
            return;
        }
    }
}
