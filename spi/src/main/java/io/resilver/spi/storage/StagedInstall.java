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
     * @param data exactly {@code base().rangeLength(index)} bytes, from its position on
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
     * out by a digest and then writes back as the range (R17). They need not be what is committed, nor fit each other.
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
     * Makes every range that was written before the call durable, first the bytes, then the note that they are there. Ranges
     * may be written meanwhile, none of them one that is flushed.
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
