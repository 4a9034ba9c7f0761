package io.resilver.host.cli.control;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Bytes that look random and can be made again from a seed and their place: data to write where no file is at hand.
 *
 * @param seed tells one pattern from another
 */
public record Pattern(long seed) {
    /** SplitMix64: its finalizer spreads every bit of seed and place over the whole word. */
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    /**
     * Fills a buffer.
     *
     * @param from the place of its first byte
     * @param into filled from position to limit
     */
    public void fill(long from, ByteBuffer into) {
        long at = from;
        while (into.hasRemaining()) {
            long word = word(at / Long.BYTES);
            if (at % Long.BYTES == 0 && into.remaining() >= Long.BYTES) {
                into.putLong(into.order() == ByteOrder.BIG_ENDIAN ? Long.reverseBytes(word) : word);
                at += Long.BYTES;
            } else {
                into.put((byte) (word >>> (Byte.SIZE * (at % Long.BYTES))));
                at++;
            }
        }
    }

    private long word(long index) {
        long z = seed + (index + 1) * GOLDEN;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
