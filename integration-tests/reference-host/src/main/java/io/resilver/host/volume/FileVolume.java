package io.resilver.host.volume;

import io.resilver.host.disk.Disk;
import io.resilver.host.engine.HostStore;
import io.resilver.host.volume.image.BlockWrite;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * The open store of one replica of a block volume: the two sides that a recovery uses, and what the host product itself does
 * with it. Thread safe; everything may block on I/O.
 */
public final class FileVolume implements HostStore {
    private final ReplicaId replica;
    private final Incarnation incarnation;
    private final Closeable lock;
    private final Store store;
    private final Checkpoints checkpoints;
    private final FileSource source;
    private final FileTarget target;

    private FileVolume(ReplicaId replica, Incarnation incarnation, Closeable lock, Store store, Executor executor) {
        this.replica = replica;
        this.incarnation = incarnation;
        this.lock = lock;
        this.store = store;
        this.checkpoints = new Checkpoints(store, executor);
        store.laying().afterwards(checkpoints::takeIfDueAndOpen); // what it applied may be enough for one
        this.source = new FileSource(store);
        this.target = new FileTarget(store, checkpoints, source);
    }

    /**
     * Opens the store in a directory, and creates an empty one where there is none. Runs crash recovery.
     *
     * @param disk where all I/O goes
     * @param directory the store's own directory
     * @param options how it uses the disk
     * @param random gives a new store its id, and segments their salt
     * @param executor takes checkpoints, and brings entries into the image; may block
     * @param replica whose store
     * @param incarnation of which incarnation of the volume
     * @return the open store, which the caller closes
     * @throws PermanentException when it is open elsewhere, or is another replica's or incarnation's: unchanged
     * @throws io.resilver.spi.error.CorruptException when it is damaged: unchanged
     * @throws RecoveryException for any other reason
     */
    public static FileVolume open(
            Disk disk,
            Path directory,
            VolumeOptions options,
            RandomGenerator random,
            Executor executor,
            ReplicaId replica,
            Incarnation incarnation)
            throws RecoveryException {
        Layout layout = new Layout(directory);
        try {
            disk.createDirectories(directory);
            Closeable lock = disk.lock(layout.lock())
                    .orElseThrow(() -> new PermanentException("store " + directory + " of replica " + replica
                            + " is open already: close it there first"));
            boolean done = false;
            try {
                Store store = StoreOpening.open(disk, layout, options, random, executor, replica, incarnation);
                FileVolume volume = new FileVolume(replica, incarnation, lock, store, executor);
                done = true;
                volume.checkpoints.takeIfDue(); // a patch that is not laid yet
                return volume;
            } finally {
                if (!done) {
                    lock.close();
                }
            }
        } catch (IOException e) {
            throw Store.translated(e, layout);
        }
    }

    @Override
    public ReplicaId replica() {
        return replica;
    }

    /**
     * Of which incarnation of the volume this store is.
     *
     * @return the incarnation
     */
    @Override
    public Incarnation incarnation() {
        return incarnation;
    }

    @Override
    public SourceVolume source() {
        return source;
    }

    @Override
    public ReplicaVolume target() {
        return target;
    }

    /**
     * Appends one write of this host's own writer. Not durable until {@link #flush}, not seen by {@link #read} until it is
     * committed. Calls from several threads are ordered by the LSNs that they return.
     *
     * @param writer the term of this primary: its first LSN is the adopted head + 1
     * @param offset where to write, bytes from the beginning of the volume
     * @param data what to write, read between position and limit and not kept
     * @return the entry's LSN
     * @throws PermanentException when the writer cannot follow the last one, or the place is outside of any volume
     * @throws io.resilver.spi.error.ResourceExhaustedException when the disk is full: nothing was appended
     * @throws RecoveryException for any other reason
     */
    @Override
    public long append(LineageElement writer, long offset, ByteBuffer data) throws RecoveryException {
        ByteBuffer payload = new BlockWrite(offset, data).encode();
        BlockWrite.check(payload);
        return store.change(() -> {
            EntryId head = store.live().log().appended().head();
            long lsn = head.lsn() + store.options().lsnStep();
            if (writer.epoch() < head.epoch() || writer.firstLsn() > lsn) {
                throw new PermanentException("writer " + writer + " cannot follow entry " + head + " of " + replica);
            }
            LogEntry entry = new LogEntry(lsn, writer.epoch(), payload);
            target.appendWithin(new EntryBatch(head, List.of(entry), List.of(writer)));
            return lsn;
        });
    }

    /**
     * Makes durable everything that was appended before the call. Threads that flush at the same time share one sync.
     *
     * @return the last durable LSN
     * @throws RecoveryException when it could not be; then the store refuses every change until it is opened again
     */
    @Override
    public long flush() throws RecoveryException {
        return target.flush();
    }

    /**
     * The last appended LSN, durable or not.
     *
     * @return the LSN, 0 for an empty log
     * @throws RecoveryException when the store is closed
     */
    @Override
    public long appendedLsn() throws RecoveryException {
        return store.live().log().appended().head().lsn();
    }

    /**
     * The last durable LSN.
     *
     * @return the LSN, 0 for a log of which nothing is durable; at most {@link #appendedLsn}
     * @throws RecoveryException when the store is closed
     */
    @Override
    public long durableLsn() throws RecoveryException {
        return store.live().log().flushed().head().lsn();
    }

    /**
     * Reads committed data until the buffer is full or the volume ends. What was never written reads as zeros.
     *
     * @param offset bytes from the beginning of the volume
     * @param into where to put them, from its position on
     * @return how many bytes were read
     * @throws RecoveryException when they cannot be read
     */
    @Override
    public int read(long offset, ByteBuffer into) throws RecoveryException {
        Store.Live live = store.live();
        return store.reading(() -> live.applier().read(offset, into));
    }

    /**
     * The length of the volume: the end of the highest committed write.
     *
     * @return bytes
     * @throws RecoveryException when the store is closed
     */
    @Override
    public long size() throws RecoveryException {
        return store.live().applier().size();
    }

    /**
     * Makes the committed bound durable and the image with it; the newest checkpoint is at the last entry known to be
     * committed when this returns.
     *
     * @return the checkpoint's LSN
     * @throws RecoveryException when it could not be made durable
     */
    @Override
    public long checkpoint() throws RecoveryException {
        return checkpoints.take();
    }

    /**
     * Gives up the newest checkpoint as a base for rebuilds, and the space that it takes. It still bounds recovery; until the
     * next one, rebuilds copy a full base.
     *
     * @throws RecoveryException when the store is closed
     */
    @Override
    public void releaseCheckpoint() throws RecoveryException {
        store.change(() -> {
            store.releaseStanding();
            return true;
        });
    }

    /**
     * Lets go of log up to an LSN, in whole segments, and never of what the checkpoint or a pin needs.
     *
     * @param lsn the highest tail wanted, inclusive
     * @return the new tail: entries above it are still held
     * @throws RecoveryException when it could not be recorded
     */
    @Override
    public long trimTo(long lsn) throws RecoveryException {
        return checkpoints.trim(lsn);
    }

    /**
     * How many pins are open.
     *
     * @return log and base pins
     * @throws RecoveryException when the store is closed
     */
    public int openPins() throws RecoveryException {
        return source.pins();
    }

    boolean isClosed() {
        return store.isClosed();
    }

    @Override
    public void close() throws RecoveryException {
        store.last(() -> {
            target.close();
            try {
                if (store.health().isGood()) {
                    store.flushWithin();
                    settleAtEnd();
                    store.checkpointWithin();
                    // A store that is closed often takes no other checkpoint, and its log would only grow.
                    checkpoints.retain();
                } else {
                    store.health().check();
                }
                return true;
            } finally {
                store.markClosed();
                source.revokeAll();
                closeFiles();
            }
        });
    }

    /** Makes durable what is known to be committed and, unless a patch would have to be laid for it, applies it. */
    private void settleAtEnd() throws IOException, RecoveryException {
        if (store.live().image().isPatched()) {
            store.laying().makeBoundDurable(); // the next open applies it
        } else {
            store.laying().settle();
        }
    }

    private void closeFiles() throws IOException {
        try {
            store.closeFiles();
        } finally {
            lock.close();
        }
    }
}
