package io.resilver.replica.link;

import java.util.random.RandomGenerator;

/**
 * The key of the digests by which a source offers ranges (R17, R53), drawn anew for each session. It is no secret, and keeps
 * nobody from anything: it is what makes it chance, independent of the bytes, whether two ranges have one digest.
 *
 * @param high its first eight bytes
 * @param low its last eight
 */
public record RangeKey(long high, long low) {
    /**
     * Draws a key.
     *
     * @param random independent of what the ranges have
     * @return another one each time
     */
    public static RangeKey draw(RandomGenerator random) {
        return new RangeKey(random.nextLong(), random.nextLong());
    }
}
