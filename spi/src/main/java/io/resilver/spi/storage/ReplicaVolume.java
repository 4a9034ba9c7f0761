package io.resilver.spi.storage;

import io.resilver.spi.Api;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import java.util.Optional;

/**
 * The changing side of a store. The driver makes one change at a time, but for {@link #flush}, which it may call while another
 * thread appends or tells what is committed; {@link #position}, {@link #identity} and {@link #promise} may be called at any
 * time.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface ReplicaVolume {
    /**
     * Where the store stands, by what is durable. During a staged install this is still the old position, or one that
     * says not usable, never a mix (R16).
     *
     * @return a consistent position
     * @throws RecoveryException when it cannot be read
     */
    ReplicaPosition position() throws RecoveryException;

    /**
     * Which disk this is, by what is durable.
     *
     * @return id and open count
     * @throws RecoveryException when it cannot be read
     */
    StoreIdentity identity() throws RecoveryException;

    /**
     * Sets id and open count, durable on return (R36). The driver calls it only after it compared them with the volume's
     * record.
     *
     * @param identity the new identity
     * @throws RecoveryException when it could not be made durable
     */
    void identify(StoreIdentity identity) throws RecoveryException;

    /**
     * Says that the content counts for nothing until it is rebuilt; durable on return. Idempotent. A committed install
     * makes the store usable again.
     *
     * @param why for people, at most a line
     * @throws RecoveryException when it could not be made durable
     */
    void markUnusable(String why) throws RecoveryException;

    /**
     * The highest epoch that the store has promised.
     *
     * @return the promise, or empty for a new store
     * @throws RecoveryException when it cannot be read
     */
    Optional<Epoch> promise() throws RecoveryException;

    /**
     * Promises never to accept an older epoch; durable on return. The driver never passes a lower one; a store refuses
     * it all the same. Promising the same epoch again does nothing. No install or truncation ever changes the promise.
     *
     * @param epoch the epoch to promise
     * @throws io.resilver.spi.error.FencedException when a higher one, or another one of the same number, was promised
     * @throws RecoveryException when it could not be made durable
     */
    void promise(Epoch epoch) throws RecoveryException;

    /**
     * Appends entries, and the lineage elements of their writers in the same act (see {@link EntryBatch#writers}). Not
     * durable until {@link #flush}. Entries that the store already has, by LSN and epoch, are skipped (R52). The
     * payload buffers are not kept.
     *
     * @param batch entries that continue this log
     * @throws io.resilver.spi.error.PermanentException when the batch leaves a gap, or the store has another epoch at
     *     the same LSN or before it: nothing was appended
     * @throws io.resilver.spi.error.ResourceExhaustedException when the disk is full: nothing was appended
     * @throws RecoveryException for any other reason; part of the batch, from its beginning, may have been appended
     */
    void append(EntryBatch batch) throws RecoveryException;

    /**
     * Makes everything that was appended before the call durable. What is appended while it runs may become so too, and
     * counts only once it is.
     *
     * @return the last durable LSN
     * @throws RecoveryException when it could not be made durable; a store that cannot know what reached the disk
     *     refuses every further change until it is opened again
     */
    long flush() throws RecoveryException;

    /**
     * Tells the store that everything up to an LSN is committed. The store keeps the least of this and its flushed LSN
     * as its own lower bound; it may do so lazily, but after a crash the bound is never higher than what was told. From
     * then on the store may fold these entries into its image, and never undoes them.
     *
     * <p>The driver tells it once before the flush that makes the entries durable, and again after it: a store may make the
     * bound durable in the same act as the entries, behind them, and take it for true from then on.
     *
     * @param lsn inclusive; never falls; at most the last LSN that was appended
     * @throws RecoveryException when it cannot be recorded
     */
    void committed(long lsn) throws RecoveryException;

    /**
     * Removes every entry above an LSN from log and image, physically, and its lineage with it; durable on return, and
     * a crash leaves either all or none of it visible. Truncating to the flushed LSN or above changes nothing.
     *
     * @param lsn the last LSN that stays, inclusive
     * @throws io.resilver.spi.error.TruncationUnsafeException when the LSN is below the truncation floor or the
     *     store's own committed bound, or {@link Capability#TRUNCATE} is not declared, which is the default: nothing was
     *     changed
     * @throws RecoveryException for any other reason
     */
    default void truncateTo(long lsn) throws RecoveryException {
        long flushed = position().flushedLsn();
        if (lsn < flushed) {
            throw new TruncationUnsafeException(
                    "this storage engine cannot truncate, and LSN " + lsn + " is below " + flushed + ": rebuild it",
                    flushed);
        }
    }

    /**
     * Begins to receive a base image beside the present content. Bytes that an earlier install of an equal base made
     * durable are kept and told by {@link StagedInstall#durableRanges}; those of another base are discarded (R17). At
     * most one is open at a time.
     *
     * @param base the image that will come
     * @return the staged install, which the caller closes
     * @throws io.resilver.spi.error.TruncationUnsafeException when the base is below the store's own committed bound
     * @throws io.resilver.spi.error.ResourceExhaustedException when the disk has no room for it
     * @throws RecoveryException for any other reason
     */
    StagedInstall beginInstall(BaseDescriptor base) throws RecoveryException;
}
