package io.resilver.rocksdb.engine;

import java.nio.ByteBuffer;

/**
 * A write batch of the log.
 *
 * @param sequence the sequence number of its first record
 * @param count how many sequence numbers it takes, 1 or more
 * @param batch its bytes, its reader's for good
 */
public record Update(long sequence, int count, ByteBuffer batch) {
    /**
     * The LSN of the entry that it is.
     *
     * @return the sequence number of its last record
     */
    public long lsn() {
        return sequence + count - 1;
    }
}
