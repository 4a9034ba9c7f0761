package io.resilver.spi.storage;

import io.resilver.spi.Api;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * A base image on its way in, beside the old content, which stays as it was until {@link #commit}. The driver makes one call at
 * a time, but for {@link #flush}, beside which another thread may write, or read what was durable before. Closing it without
 * commit keeps what was staged, so that a later install of an equal base goes on from there.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface StagedInstall extends AutoCloseable {
    /**
     * The image that is received.
     *
     * @return the descriptor that the install was begun with
     */
    BaseDescriptor base();

    /**
     * The ranges that are already durable, those of an earlier install of an equal base too. That these are the bytes that were
     * written then is proved by a checksum that the engine keeps with each, when {@link #read} is asked for it and not before:
     * to read a large base at {@link ReplicaVolume#beginInstall} would hold the store for minutes.
     *
     * @return a copy, by range index
     */
    BitSet durableRanges();

    /**
     * Writes one whole range; not durable until {@link #flush}.
     *
     * @param index which range
     * @param data exactly {@code base().rangeLength(index)} bytes, from its position on. It is the caller's again on return:
     *     what is kept is a copy (R51)
     * @throws RecoveryException when it could not be written
     */
    void write(long index, ByteBuffer data) throws RecoveryException;

    /**
     * Reads one range back from the disk, for verification, and proves it by its checksum.
     *
     * @param index a range that was written
     * @param into room for at least {@code base().rangeLength(index)} bytes
     * @throws io.resilver.spi.error.CorruptException when it is not what was written
     * @throws RecoveryException when it cannot be read
     */
    void read(long index, ByteBuffer into) throws RecoveryException;

    /**
     * How many ranges, from the first one on, the store's present image may have the bytes of. Optional.
     *
     * @return 0 where {@link #candidate} answers nothing
     */
    default long candidates() {
        return 0;
    }

    /**
     * Reads what the store's present image has at a range's place: perhaps the very bytes of the base, which the driver finds
     * out by a digest and then makes the range's bytes (R17), by {@link #keep} or else by {@link #write}. They need not be what
     * is committed, nor fit each other.
     *
     * @param index which range
     * @param into room for exactly {@code base().rangeLength(index)} bytes, which are filled
     * @return whether there are any
     * @throws RecoveryException when they cannot be read; the range is sent then
     */
    default boolean candidate(long index, ByteBuffer into) throws RecoveryException {
        return false;
    }

    /**
     * Makes the bytes that the last {@link #candidate} gave for this range the range's bytes, without writing them: the staging
     * refers to the present image. Optional. The driver calls it at most once, right after that {@code candidate} and from the
     * same thread, when the bytes are those of the base.
     *
     * <p>With true the engine answers that these are the range's bytes until the install is committed or discarded, as if they
     * had been written: {@link #read} gives them, and after the next {@link #flush} they are durable and among the {@link
     * #durableRanges}. Should the present image change at that place, the engine forgets the range, which is then missing, or
     * refuses to commit: it never commits other bytes.
     *
     * @param index which range
     * @return false when the engine can not, and nothing has changed: the driver writes the bytes
     * @throws RecoveryException when what refers to the image could not be staged; the install ends as with a failed write
     */
    default boolean keep(long index) throws RecoveryException {
        return false;
    }

    /**
     * Makes every range that was written or kept before the call durable, first the bytes, then the note that they are there.
     * Ranges may be written meanwhile, none of them one that is flushed.
     *
     * @throws RecoveryException when it could not be made durable
     */
    void flush() throws RecoveryException;

    /**
     * Swaps image, log, lineage and floor in one act, durable on return: flushed, tail and floor become {@code
     * base().lsn()}, the lineage {@code base().lineage()}, and the store is usable. The promise and the identity are
     * not touched (R16). A crash leaves either the old content or the new.
     *
     * @throws io.resilver.spi.error.TruncationUnsafeException when the base is below the store's own committed bound
     * @throws io.resilver.spi.error.PermanentException when a range is missing
     * @throws RecoveryException for any other reason
     */
    void commit() throws RecoveryException;

    /**
     * Discards what was staged. Idempotent.
     *
     * @throws RecoveryException when it could not be removed
     */
    void discard() throws RecoveryException;

    /** Ends the install and keeps what was staged. Idempotent; after {@link #commit} or {@link #discard} it does nothing. */
    @Override
    void close();
}
