package io.resilver.bench.rocks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Puts batches together to one, so that the target pays once for many what a write costs. A batch is a sequence number in eight
 * bytes, which the database gives it, the number of its updates in four, both little-endian, and the updates. One user.
 */
final class MergedBatches {
    private static final int LARGE = 64 << 10;
    private static final int COUNT_AT = Long.BYTES;
    private static final int HEADER = COUNT_AT + Integer.BYTES;

    private ByteBuffer updates = empty(2 * LARGE);
    private int count;

    private static ByteBuffer empty(int capacity) {
        return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN).position(HEADER);
    }

    /** Adds a batch, as it is in a log. */
    void add(byte[] batch) {
        int more = batch.length - HEADER;
        if (updates.remaining() < more) {
            ByteBuffer wider = empty(updates.position() + more + LARGE);
            updates = wider.put(updates.flip().position(HEADER));
        }
        count += ByteBuffer.wrap(batch).order(ByteOrder.LITTLE_ENDIAN).getInt(COUNT_AT);
        updates.put(batch, HEADER, more);
    }

    boolean isLarge() {
        return updates.position() >= LARGE;
    }

    /** How many updates it has. */
    int updates() {
        return count;
    }

    /** Writes it, and begins another one; answers how many bytes it had. */
    int write(RocksDB target, WriteOptions options) throws RocksDBException {
        byte[] all = new byte[updates.putInt(COUNT_AT, count).flip().remaining()];
        updates.get(all).clear().position(HEADER);
        count = 0;
        try (WriteBatch batch = new WriteBatch(all)) {
            target.write(options, batch);
        }
        return all.length;
    }
}
