package io.resilver.spi.storage;

import io.resilver.spi.Api;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;

/** Reads a log forwards. Not thread safe; may block on I/O. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface EntryCursor extends AutoCloseable {
    /**
     * The next entries, only durable ones, only whole and verified ones. A cursor at the head returns an empty batch and
     * goes on later; it never skips.
     *
     * @param upToLsn read no entry above this LSN, inclusive bound
     * @param maxBytes stop before the payloads would exceed this, but return at least one entry if there is one
     * @return the batch; its buffers are the caller's: they are not written to again and not reused, since they wait, without
     *     a copy, until they are sent
     * @throws io.resilver.spi.error.LogTrimmedException when the pin was revoked or closed
     * @throws io.resilver.spi.error.CorruptException when the stored bytes are not what was written
     * @throws RecoveryException for any other reason
     */
    EntryBatch next(long upToLsn, int maxBytes) throws RecoveryException;

    /** Ends reading. Idempotent; does not fail; does not close the pin. */
    @Override
    void close();
}
