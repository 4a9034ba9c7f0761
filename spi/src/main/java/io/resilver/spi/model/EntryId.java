package io.resilver.spi.model;

import io.resilver.spi.Api;

/**
 * Which entry: its LSN and the epoch of its writer. Two logs agree on an entry when both are equal (R52).
 *
 * @param lsn 1 or more, or 0 for {@link #NONE}
 * @param epoch 1 or more, or 0 for {@link #NONE}
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record EntryId(long lsn, long epoch) {
    /** What comes before the first entry of a log. */
    public static final EntryId NONE = new EntryId(0, 0);

    /**
     * Checks that both are given or neither is.
     *
     * @throws IllegalArgumentException when a number is negative or only one of them is 0
     */
    public EntryId {
        if (lsn < 0 || epoch < 0 || (lsn == 0) != (epoch == 0)) {
            throw new IllegalArgumentException("entry id (lsn " + lsn + ", epoch " + epoch + ") is not possible");
        }
    }

    @Override
    public String toString() {
        return lsn + "/" + epoch;
    }
}
