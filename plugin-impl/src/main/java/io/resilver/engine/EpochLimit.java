package io.resilver.engine;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.Epoch;

/**
 * The highest epoch number that is believed, whoever names it (R3, R42). A number beyond it was never minted: a term every
 * nanosecond needs 146 years to come so far. It is a bug or a damaged store, and to go beyond it, as the next mint goes beyond
 * every promise that it met, could leave no number for the terms that follow. As many as are believed are left above.
 */
public final class EpochLimit {
    /** The highest number that is believed, inclusive. */
    public static final long HIGHEST = Long.MAX_VALUE / 2;

    private EpochLimit() {}

    /**
     * Whether a number is beyond belief.
     *
     * @param epochNumber the number of an epoch
     * @return true for one that was never minted
     */
    public static boolean isExceededBy(long epochNumber) {
        return epochNumber > HIGHEST;
    }

    /**
     * Refuses an epoch beyond belief, before anything is bound to it.
     *
     * @param epoch one that somebody brings
     * @throws PermanentException when it was never minted
     */
    public static void require(Epoch epoch) throws PermanentException {
        if (isExceededBy(epoch.number())) {
            throw new PermanentException("epoch " + epoch + " is refused: the highest that can have been minted is "
                    + HIGHEST + ", so that whoever brings it is damaged");
        }
    }
}
