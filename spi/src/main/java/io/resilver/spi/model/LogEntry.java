package io.resilver.spi.model;

import io.resilver.spi.Api;
import java.nio.ByteBuffer;

/**
 * One entry of a log. Its payload is the storage engine's own; Resilver never looks into it.
 *
 * <p>The payload buffer is read only by convention: a receiver reads between position and limit through a duplicate and
 * never writes. What is given to a store's {@code append} is valid until that call returns: who needs it longer copies it.
 * What a cursor read is its reader's for good.
 *
 * @param lsn 1 or more, above the LSN of the entry before it
 * @param epoch the epoch of the primary that wrote it
 * @param payload the engine's own bytes
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record LogEntry(long lsn, long epoch, ByteBuffer payload) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException when a number is less than 1 or the payload is missing
     */
    public LogEntry {
        if (lsn < 1 || epoch < 1 || payload == null) {
            throw new IllegalArgumentException("log entry (lsn " + lsn + ", epoch " + epoch + ") is not possible");
        }
    }

    /**
     * Which entry this is.
     *
     * @return LSN and epoch
     */
    public EntryId id() {
        return new EntryId(lsn, epoch);
    }
}
