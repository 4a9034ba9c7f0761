package io.resilver.spi.model;

import io.resilver.spi.Api;
import java.util.Optional;

/**
 * Which primary wrote a log from where on.
 *
 * @param epoch the epoch's number, 1 or more
 * @param mint the epoch's mint id; compares equal to any where one side has none
 * @param firstLsn the LSN of the entry before the epoch's first one, plus 1: the lower bound of what the epoch could
 *     write, not the LSN of its first entry, so that with LSNs that skip numbers it still bounds agreement
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record LineageElement(long epoch, Optional<MintId> mint, long firstLsn) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException when a number is less than 1
     */
    public LineageElement {
        if (epoch < 1 || firstLsn < 1 || mint == null) {
            throw new IllegalArgumentException(
                    "lineage element (epoch " + epoch + ", first LSN " + firstLsn + ") is not possible");
        }
    }

    /**
     * An element with the mint id of an epoch.
     *
     * @param epoch the term
     * @param firstLsn the last LSN before it, plus 1
     * @return the element
     */
    public static LineageElement of(Epoch epoch, long firstLsn) {
        return new LineageElement(epoch.number(), Optional.of(epoch.mint()), firstLsn);
    }

    /**
     * Whether both mean the same stretch of the same writer.
     *
     * @param other the element of another log
     * @return true when epoch and first LSN are equal and the mint ids are equal or one is missing
     */
    public boolean agreesWith(LineageElement other) {
        return epoch == other.epoch
                && firstLsn == other.firstLsn
                && (mint.isEmpty() || other.mint.isEmpty() || mint.equals(other.mint));
    }

    @Override
    public String toString() {
        return epoch + mint.map(m -> ":" + m).orElse("") + "@" + firstLsn;
    }
}
