package io.resilver.bench.many;

import io.resilver.spi.model.VolumeId;
import java.nio.ByteBuffer;
import java.util.Random;

/**
 * What every entry of every volume holds: known from volume and LSN, so that each store can tell, byte for byte, whether an entry
 * that reached it is the one that belongs there, and can share the bytes with all others that are the same. Thread safe.
 */
final class Payloads {
    static final int BYTES = 4 << 10;

    /** 4 MiB: many enough that an entry in the wrong place is seen, and few enough for every store of a process. */
    private static final int BLOCKS = 1 << 10;

    /** Any number: two processes make the same blocks from it. */
    private static final long SEED = 0x5eed;

    /** Odd and large, so that neighbours get blocks that lie apart. */
    private static final long SPREAD = 0x9e3779b97f4a7c15L;

    private static final int MIX = 40;

    private final ByteBuffer[] blocks = new ByteBuffer[BLOCKS];

    Payloads() {
        Random random = new Random(SEED);
        for (int i = 0; i < BLOCKS; i++) {
            byte[] bytes = new byte[BYTES];
            random.nextBytes(bytes);
            blocks[i] = ByteBuffer.wrap(bytes).asReadOnlyBuffer();
        }
    }

    /** The payload of an entry, to be read through a duplicate. */
    ByteBuffer of(VolumeId volume, long lsn) {
        long mixed = (volume.value().hashCode() * SPREAD + lsn) * SPREAD;
        return blocks[(int) (mixed >>> MIX) & (BLOCKS - 1)];
    }
}
