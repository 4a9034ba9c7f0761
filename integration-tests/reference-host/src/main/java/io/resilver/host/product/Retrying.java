package io.resilver.host.product;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Asks the driver again for what it could not do at that moment. */
final class Retrying {
    private static final long PAUSE_MS = 100;

    private Retrying() {}

    /** Something that may be asked again after it failed for a time: what it did then it refuses, or finds done. */
    @FunctionalInterface
    interface Asking<T> {
        T ask() throws RecoveryException;
    }

    /**
     * Asks until there is an answer, or a failure that does not pass by itself. Blocks.
     *
     * @param asking what to ask
     * @param patience how long it is asked again
     * @return the answer
     * @throws RetriableException what it failed with last, when patience ended or the thread was interrupted
     * @throws RecoveryException any other failure, at once
     */
    static <T> T until(Asking<T> asking, Duration patience) throws RecoveryException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                return asking.ask();
            } catch (RetriableException notNow) {
                if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
                    throw notNow;
                }
                pause(notNow);
            }
        }
    }

    private static void pause(RetriableException notNow) throws RetriableException {
        try {
            TimeUnit.MILLISECONDS.sleep(Math.max(PAUSE_MS, notNow.after().toMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw notNow;
        }
    }
}
