package io.resilver.host.volume.log;

import io.resilver.spi.model.EntryId;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The first bytes of a segment.
 *
 * @param version of the segment's format
 * @param salt a random number that makes the segment's records valid in this file only
 * @param previous the entry before the segment's first one
 */
record SegmentHeader(int version, long salt, EntryId previous) {
    static final int BYTES = Integer.BYTES * 3 + Long.BYTES * 3;
    static final int VERSION = 1;
    private static final int MAGIC = 0x52534c47; // RSLG

    ByteBuffer encode() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES);
        bytes.putInt(MAGIC)
                .putInt(version)
                .putLong(salt)
                .putLong(previous.lsn())
                .putLong(previous.epoch());
        bytes.putInt(checksum(bytes));
        return bytes.flip();
    }

    /** The header, or empty when the bytes are not one; its version may be one that this program cannot read. */
    static Optional<SegmentHeader> decode(ByteBuffer bytes) {
        if (bytes.remaining() < BYTES
                || bytes.getInt(0) != MAGIC
                || bytes.getInt(BYTES - Integer.BYTES) != checksum(bytes)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new SegmentHeader(
                    bytes.getInt(4), bytes.getLong(8), new EntryId(bytes.getLong(16), bytes.getLong(24))));
        } catch (IllegalArgumentException none) {
            return Optional.empty(); // well summed, and no entry can have this id
        }
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, BYTES - Integer.BYTES));
        return (int) crc.getValue();
    }
}
