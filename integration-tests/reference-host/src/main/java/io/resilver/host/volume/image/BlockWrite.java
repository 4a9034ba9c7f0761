package io.resilver.host.volume.image;

import io.resilver.spi.error.PermanentException;
import java.nio.ByteBuffer;

/**
 * What an entry does to the image: the payload is the offset (8 bytes, big-endian) and the data.
 *
 * @param offset bytes from the beginning of the image
 * @param data what to write there; read through a duplicate
 */
public record BlockWrite(long offset, ByteBuffer data) {
    /** No volume is larger; a damaged or hostile offset must not make a file that no disk tool can handle. */
    public static final long MOST_BYTES = 1L << 46;

    /**
     * Reads a payload.
     *
     * @param payload between position and limit; not moved
     * @return the write, which shares the payload's bytes
     * @throws PermanentException when it is none
     */
    public static BlockWrite decode(ByteBuffer payload) throws PermanentException {
        long offset = check(payload);
        int at = payload.position() + Long.BYTES;
        return new BlockWrite(offset, payload.slice(at, payload.limit() - at));
    }

    /**
     * Looks whether a payload is a write.
     *
     * @param payload between position and limit; not moved
     * @return where it writes
     * @throws PermanentException when it is none
     */
    public static long check(ByteBuffer payload) throws PermanentException {
        int length = payload.remaining() - Long.BYTES;
        if (length < 0) {
            throw new PermanentException("a payload of " + payload.remaining()
                    + " bytes is no block write: it begins with 8 bytes of offset");
        }
        long offset = payload.duplicate().getLong(); // in network order, whatever the order of the buffer
        if (offset < 0 || offset > MOST_BYTES - length) {
            throw new PermanentException("a write of " + length + " bytes at offset " + offset
                    + " is outside of any volume, which ends at " + MOST_BYTES);
        }
        return offset;
    }

    /**
     * The payload of this write.
     *
     * @return a new buffer
     */
    public ByteBuffer encode() {
        return ByteBuffer.allocate(Long.BYTES + data.remaining())
                .putLong(offset)
                .put(data.duplicate())
                .flip();
    }

    /**
     * Where it ends.
     *
     * @return exclusive; a write of nothing ends where it begins
     */
    public long end() {
        return offset + data.remaining();
    }

    /**
     * Lays this write over a stretch of the image.
     *
     * @param start where the stretch begins in the image
     * @param stretch its bytes, between position and limit; neither is moved
     */
    public void copyTo(long start, ByteBuffer stretch) {
        long from = Math.max(start, offset);
        long to = Math.min(start + stretch.remaining(), end());
        if (from < to) {
            int at = stretch.position() + (int) (from - start);
            stretch.put(at, data, data.position() + (int) (from - offset), (int) (to - from));
        }
    }
}
