package io.resilver.host.engine;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.storage.VolumeStore;
import java.nio.ByteBuffer;

/** The open store of one replica of a block volume, as the host product uses it. Thread safe; everything may block on I/O. */
public interface HostStore extends VolumeStore {
    /**
     * Of which incarnation of the volume this store is.
     *
     * @return the incarnation
     */
    Incarnation incarnation();

    /**
     * Appends one write of this host's own writer. Not durable until {@link #flush}, not seen by {@link #read} until it is
     * committed. Calls from several threads are ordered by the LSNs that they return.
     *
     * @param writer the term of this primary: its first LSN is the adopted head + 1
     * @param offset where to write, bytes from the beginning of the volume
     * @param data what to write, read between position and limit and not kept
     * @return the entry's LSN
     * @throws io.resilver.spi.error.PermanentException when the writer cannot follow the last one, or the place is not possible
     * @throws io.resilver.spi.error.ResourceExhaustedException when the disk is full: nothing was appended
     * @throws RecoveryException for any other reason
     */
    long append(LineageElement writer, long offset, ByteBuffer data) throws RecoveryException;

    /**
     * Makes durable everything that was appended before the call. Threads that flush at the same time share one sync.
     *
     * @return the last durable LSN
     * @throws RecoveryException when it could not be; then the store refuses every change until it is opened again
     */
    long flush() throws RecoveryException;

    /**
     * The last appended LSN, durable or not.
     *
     * @return the LSN, 0 for an empty log
     * @throws RecoveryException when the store is closed
     */
    long appendedLsn() throws RecoveryException;

    /**
     * The last durable LSN.
     *
     * @return the LSN, 0 for a log of which nothing is durable; at most {@link #appendedLsn}
     * @throws RecoveryException when the store is closed
     */
    long durableLsn() throws RecoveryException;

    /**
     * Reads committed data until the buffer is full or the volume ends. What was never written reads as zeros.
     *
     * @param offset bytes from the beginning of the volume
     * @param into where to put them, from its position on
     * @return how many bytes were read
     * @throws io.resilver.spi.error.RetriableException when the engine cannot tell committed data from other at this moment
     * @throws RecoveryException when they cannot be read
     */
    int read(long offset, ByteBuffer into) throws RecoveryException;

    /**
     * The length of the volume: the end of the highest write.
     *
     * @return bytes
     * @throws RecoveryException when the store is closed
     */
    long size() throws RecoveryException;

    /**
     * Takes a checkpoint, at least at the last entry known to be committed when this is called.
     *
     * @return the checkpoint's LSN
     * @throws RecoveryException when it could not be made durable
     */
    long checkpoint() throws RecoveryException;

    /**
     * Gives up the newest checkpoint as a base for rebuilds, and the space that it takes.
     *
     * @throws RecoveryException when the store is closed
     */
    void releaseCheckpoint() throws RecoveryException;

    /**
     * Lets go of log up to an LSN, in the engine's own units, and never of what the engine or a pin needs.
     *
     * @param lsn the highest tail wanted, inclusive
     * @return the new tail: entries above it are still held
     * @throws RecoveryException when it could not be recorded
     */
    long trimTo(long lsn) throws RecoveryException;
}
