package io.resilver.host.cli.demo;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Waits for what other processes do, as long as is reasonable and no longer. */
final class Patience {
    /** Short against anything that is waited for, and long enough to leave the processors to those who work. */
    private static final long POLL_MS = 20;

    private Patience() {}

    /** What one look saw. */
    record Look<T>(Optional<T> value, String otherwise) {
        static <T> Look<T> found(T value) {
            return new Look<>(Optional.of(value), "");
        }

        static <T> Look<T> notYet(String why) {
            return new Look<>(Optional.empty(), why);
        }
    }

    /** Looks once. */
    interface Looking<T> {
        Look<T> look() throws DemoException;
    }

    /** Looks until something is found. */
    static <T> T until(String what, Duration patience, Looking<T> looking) throws DemoException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            Look<T> look = looking.look();
            if (look.value().isPresent()) {
                return look.value().get();
            }
            if (System.nanoTime() - deadline > 0) {
                throw new DemoException("waited " + patience.toSeconds() + " s for " + what + ": " + look.otherwise());
            }
            try {
                TimeUnit.MILLISECONDS.sleep(POLL_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DemoException("interrupted while waiting for " + what, e);
            }
        }
    }
}
