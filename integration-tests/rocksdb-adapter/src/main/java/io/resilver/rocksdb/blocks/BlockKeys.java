package io.resilver.rocksdb.blocks;

import io.resilver.spi.error.PermanentException;
import java.nio.ByteBuffer;

/** The keys of blocks: eight bytes, so that their order is that of the places. */
final class BlockKeys {
    /** The size of a block; the last one of a volume may be shorter. */
    static final int BLOCK = 4 << 10;

    private BlockKeys() {}

    static byte[] key(long offset) {
        return ByteBuffer.allocate(Long.BYTES).putLong(offset).array();
    }

    /** The place of a block that was read. */
    static long offset(ByteBuffer key, ByteBuffer value) throws PermanentException {
        long offset = key.remaining() == Long.BYTES ? key.getLong(key.position()) : -1;
        if (offset < 0 || offset % BLOCK != 0 || value.remaining() > BLOCK) {
            throw new PermanentException("a key of " + key.remaining() + " bytes for a value of " + value.remaining()
                    + " is no block: something else than the reference host wrote to this store");
        }
        return offset;
    }

    /** Refuses what is no run of whole blocks; only its last one may be shorter. */
    static void requireBlocks(long offset, int bytes) throws PermanentException {
        if (offset < 0 || offset % BLOCK != 0 || bytes < 1) {
            throw new PermanentException(bytes + " bytes at " + offset
                    + " are no blocks: a write begins at a multiple of " + BLOCK + " and is not empty");
        }
    }
}
