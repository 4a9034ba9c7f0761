package io.resilver.spi.storage;

import io.resilver.spi.Api;

/**
 * A hold on a resource of the source. The driver closes every pin exactly once (R12); closing again does nothing.
 * Revoking is the source's right when a hold costs too much (R20): then reads through it fail with {@link
 * io.resilver.spi.error.LogTrimmedException}. Thread safe.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface Pin extends AutoCloseable {
    /**
     * What could be freed on the source's disk if this pin were closed. May be an estimate; does not block.
     *
     * @return bytes, 0 or more
     */
    long heldBytes();

    /** Ends the hold. Idempotent; does not fail; cursors that are still open fail at their next read. */
    @Override
    void close();
}
