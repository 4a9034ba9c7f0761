package io.resilver.spi.model;

import io.resilver.spi.Api;

/**
 * Which base image this is. Bytes that were staged for a base are used again only for an equal one (R17).
 *
 * @param lsn the image holds exactly the entries up to this LSN, inclusive
 * @param lineage the source's lineage up to that LSN
 * @param sizeBytes the length of the image
 * @param rangeBytes the size of the ranges in which it travels and is verified; the last one may be shorter
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record BaseDescriptor(long lsn, Lineage lineage, long sizeBytes, int rangeBytes) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException when a number is negative or the range size is less than 1
     */
    public BaseDescriptor {
        if (lsn < 0 || sizeBytes < 0 || rangeBytes < 1 || lineage == null) {
            throw new IllegalArgumentException(
                    "base (lsn " + lsn + ", " + sizeBytes + " bytes in ranges of " + rangeBytes + ") is not possible");
        }
    }

    /**
     * How many ranges the image has.
     *
     * @return the number, 0 for an empty image
     */
    public long ranges() {
        return sizeBytes / rangeBytes + (sizeBytes % rangeBytes == 0 ? 0 : 1);
    }

    /**
     * The length of one range.
     *
     * @param index 0 to {@code ranges() - 1}
     * @return its bytes
     */
    public int rangeLength(long index) {
        return (int) Math.min(rangeBytes, sizeBytes - index * rangeBytes);
    }
}
