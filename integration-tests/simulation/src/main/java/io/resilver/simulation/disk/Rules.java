package io.resilver.simulation.disk;

import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.StoreIdentity;

/**
 * What a storage engine owes to the SPI, rule by rule, each as one decision. A control breaks one of them.
 */
public interface Rules {
    /** As the SPI says. */
    Rules SOUND = new Rules() {};

    /**
     * Whether an entry that comes is one that the log has (R52).
     *
     * @param has at that LSN
     * @param comes what was sent
     * @return true for the same entry
     */
    default boolean isSame(EntryId has, EntryId comes) {
        return has.equals(comes);
    }

    /**
     * Whether the log may be cut back to an LSN (R15).
     *
     * @param lsn the last entry that would stay
     * @param floor below this nothing can be undone
     * @param committed the store's own lower bound of what was acknowledged
     * @return whether it is cut
     */
    default boolean mayTruncate(long lsn, long floor, long committed) {
        return lsn >= Math.max(floor, committed);
    }

    /**
     * Whether bytes that were staged for a base serve for another (R17).
     *
     * @param staged the base for which they came
     * @param comes the base that comes now
     * @return true for the same base
     */
    default boolean isSameBase(BaseDescriptor staged, BaseDescriptor comes) {
        return staged.equals(comes);
    }

    /**
     * Whether a promise reaches the disk before it is given (R2).
     *
     * @return true
     */
    default boolean promisesDurably() {
        return true;
    }

    /**
     * Whether a store takes no change any more after a flush that failed, until it is opened again: the system may have dropped
     * what was to be written, and calls the next flush a success (R11).
     *
     * @return true
     */
    default boolean stopsAfterAFailedFlush() {
        return true;
    }

    /**
     * Whether a base is received beside the old content, which stays until all of it is there (R16).
     *
     * @return true
     */
    default boolean stages() {
        return true;
    }

    /**
     * Whether a staged range is read back from the disk, and not from what is left of it in memory (R17).
     *
     * @return true
     */
    default boolean readsBack() {
        return true;
    }

    /**
     * What a store says of who it is (R36).
     *
     * @param onDisk what is written there
     * @return the same
     */
    default StoreIdentity identity(StoreIdentity onDisk) {
        return onDisk;
    }
}
