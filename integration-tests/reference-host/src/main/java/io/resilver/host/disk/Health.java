package io.resilver.host.disk;

import io.resilver.spi.error.PermanentException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether it is still known what reached the disk. After a failed sync it is not: the system may have dropped the bytes and
 * called its memory clean, so that the next sync would succeed with nothing written. Nothing may be built on that; the
 * store refuses every further change until it is opened again and has looked at what is there. Thread safe.
 */
public final class Health {
    private final String store;
    private final AtomicReference<IOException> failure = new AtomicReference<>();

    /**
     * A healthy store.
     *
     * @param store its name, for messages
     */
    public Health(String store) {
        this.store = store;
    }

    /**
     * From now on every {@link #check} fails.
     *
     * @param cause what failed first
     */
    public void fail(IOException cause) {
        failure.compareAndSet(null, cause);
    }

    /**
     * Whether nothing failed yet.
     *
     * @return true for a store that may be changed
     */
    public boolean isGood() {
        return failure.get() == null;
    }

    /**
     * Refuses a change to a store that failed.
     *
     * @throws PermanentException when {@link #fail} was called
     */
    public void check() throws PermanentException {
        IOException cause = failure.get();
        if (cause != null) {
            throw new PermanentException(
                    "store " + store + " failed earlier (" + cause.getMessage()
                            + "), and nobody knows what reached the disk: close it, check the disk, open it again",
                    cause);
        }
    }
}
