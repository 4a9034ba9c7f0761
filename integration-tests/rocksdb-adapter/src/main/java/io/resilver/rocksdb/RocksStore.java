package io.resilver.rocksdb;

import io.resilver.host.disk.Disk;
import io.resilver.rocksdb.engine.BatchFormat;
import io.resilver.rocksdb.engine.Engine;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.VolumeStore;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * The open store of one replica of a key-value volume: the two sides that a recovery uses, and what the host product itself does
 * with it. Thread safe; everything may block on I/O.
 */
public final class RocksStore implements VolumeStore {
    /** The longest entry, before the record that begins an epoch: it must travel in one frame, which is a little longer. */
    public static final int MOST_ENTRY_BYTES = 2 << 20;

    private final ReplicaId replica;
    private final Incarnation incarnation;
    private final Closeable lock;
    private final Store store;
    private final Checkpoints checkpoints;
    private final RocksSource source;
    private final RocksTarget target;

    private RocksStore(ReplicaId replica, Incarnation incarnation, Closeable lock, Store store, Executor executor) {
        this.replica = replica;
        this.incarnation = incarnation;
        this.lock = lock;
        this.store = store;
        this.checkpoints = new Checkpoints(store, executor);
        this.source = new RocksSource(store, checkpoints);
        this.target = new RocksTarget(store, checkpoints, source);
    }

    static RocksStore open(
            Disk disk,
            Layout layout,
            RocksOptions options,
            RandomGenerator random,
            Executor executor,
            ReplicaId replica,
            Incarnation incarnation)
            throws RecoveryException {
        try {
            disk.createDirectories(layout.directory());
            Closeable lock = StoreRemoval.lock(disk, layout, replica);
            boolean done = false;
            try {
                Store store = StoreOpening.open(disk, layout, options, random, replica, incarnation);
                done = true;
                return new RocksStore(replica, incarnation, lock, store, executor);
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
     * Appends changes of this host's own writer as one entry. Not durable until {@link #flush}; seen by readers at once. Calls from
     * several threads are ordered by the LSNs that they return.
     *
     * @param writer the term of this primary: its first LSN is the adopted head + 1
     * @param changes at least one change, of the default column family only; left as they are, and the caller's
     * @return the entry's LSN
     * @throws PermanentException when the writer cannot follow the last one, or the changes are none that every replica can make
     * @throws io.resilver.spi.error.ResourceExhaustedException when the disk is full
     * @throws RecoveryException for any other reason
     */
    public long append(LineageElement writer, WriteBatch changes) throws RecoveryException {
        byte[] bytes;
        BatchFormat.Batch given;
        try {
            bytes = changes.data();
            given = BatchFormat.read(ByteBuffer.wrap(bytes));
            if (bytes.length > MOST_ENTRY_BYTES) {
                throw new IllegalArgumentException("they take " + bytes.length + " bytes, and an entry has at most "
                        + MOST_ENTRY_BYTES + ": write them as several");
            }
            if (given.writer().isPresent()) {
                throw new IllegalArgumentException("changes that name a writer are not the host's own");
            }
        } catch (RocksDBException | IllegalArgumentException e) {
            throw new PermanentException("changes to " + replica + " cannot be written: " + e.getMessage(), e);
        }
        return store.change(() -> {
            Log log = store.live().log();
            Log.End end = log.appended();
            Optional<LineageElement> last = end.lineage().last();
            boolean begins = last.isEmpty() || writer.epoch() > last.get().epoch();
            if (begins ? writer.firstLsn() != end.last().lsn() + 1 : !last.get().agreesWith(writer)) {
                throw new PermanentException(
                        "writer " + writer + " cannot follow entry " + end.last() + " of " + replica + " by " + last);
            }
            byte[] whole = begins ? BatchFormat.begunBy(writer, bytes) : bytes;
            long lsn = end.last().lsn() + given.count() + (begins ? 1 : 0);
            log.append(new EntryId(lsn, writer.epoch()), begins ? Optional.of(writer) : Optional.empty(), whole);
            return lsn;
        });
    }

    /**
     * Makes durable everything that was appended before the call. Threads that flush at the same time share one sync.
     *
     * @return the last durable LSN
     * @throws RecoveryException when it could not be; then the store refuses every change until it is opened again
     */
    public long flush() throws RecoveryException {
        return target.flush();
    }

    /**
     * The last appended LSN, durable or not.
     *
     * @return the LSN, 0 for an empty log
     * @throws RecoveryException when the store is closed
     */
    public long appendedLsn() throws RecoveryException {
        return store.live().log().appended().last().lsn();
    }

    /**
     * The last durable LSN.
     *
     * @return the LSN, 0 for a log of which nothing is durable; at most {@link #appendedLsn}
     * @throws RecoveryException when the store is closed
     */
    public long durableLsn() throws RecoveryException {
        return store.live().log().flushed().last().lsn();
    }

    /**
     * What was read, and from how much of the log. The image has what was appended at once, committed or not: who serves clients
     * serves this once the LSN is committed (R37).
     *
     * @param value the value, or empty for a key that is not there
     * @param lsn it depends on no entry above this LSN
     */
    public record Reading(Optional<byte[]> value, long lsn) {}

    /**
     * Reads one key.
     *
     * @param key the key
     * @return its value, and from how much of the log
     * @throws RecoveryException when it cannot be read
     */
    public Reading get(byte[] key) throws RecoveryException {
        return reading(engine -> {
            Optional<byte[]> value = engine.get(key);
            return new Reading(value, engine.latest());
        });
    }

    /**
     * Shows every key with its value, in the order of the keys, all as of one moment.
     *
     * @param visitor sees them
     * @return it depends on no entry above this LSN
     * @throws RecoveryException when they cannot be read
     */
    public long scan(Engine.Visitor visitor) throws RecoveryException {
        return reading(engine -> {
            engine.scan(visitor);
            return engine.latest();
        });
    }

    /** A key and its value, the caller's. */
    public record Pair(ByteBuffer key, ByteBuffer value) {}

    /**
     * The last key in the order of the keys.
     *
     * @return it with its value, or empty for a store without keys
     * @throws RecoveryException when it cannot be read
     */
    public Optional<Pair> last() throws RecoveryException {
        List<Pair> last = new ArrayList<>();
        reading(engine -> {
            engine.last((key, value) -> last.add(new Pair(key, value)));
            return true;
        });
        return last.stream().findFirst();
    }

    /**
     * The last LSN that this store knows to be committed: what was read from no higher one may be served.
     *
     * @return the LSN, 0 for none
     * @throws RecoveryException when the store is closed
     */
    public long committedLsn() throws RecoveryException {
        store.checkOpen();
        return store.told();
    }

    /**
     * Waits until what was read is known to be committed. Blocks.
     *
     * @param generation {@link #generation} from before it was read
     * @param lsn what it depends on
     * @param patience how long to wait at most
     * @return whether it may be served: not when the time is over, nor when a base replaced everything since
     * @throws RecoveryException when the store is closed
     */
    public boolean awaitCommitted(long generation, long lsn, Duration patience) throws RecoveryException {
        boolean told;
        try {
            told = store.awaitTold(lsn, patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            told = false;
        }
        return told && generation() == generation;
    }

    /**
     * Which database this is: another one after each base that was installed, and LSNs of the two need not be the same entries.
     *
     * @return the number, which only rises
     * @throws RecoveryException when the store is closed
     */
    public long generation() throws RecoveryException {
        return store.live().meta().content().generation();
    }

    private interface Read<T> {
        T of(Engine engine) throws RecoveryException;
    }

    /**
     * Reads from one database. How much of the log that depends on is asked of the same one, after the read: RocksDB shows an
     * entry before the log's own end moves, and an install replaces both.
     */
    private <T> T reading(Read<T> read) throws RecoveryException {
        Engine engine = store.live().engine();
        try {
            return read.of(engine);
        } catch (PermanentException e) {
            Engine now = store.live().engine();
            if (now != engine) {
                return read.of(now); // an install replaced it before it was read
            }
            throw e;
        }
    }

    /**
     * Makes everything that was appended durable, and takes a checkpoint of it, which is kept as a base for rebuilds.
     *
     * @return the checkpoint's LSN
     * @throws RecoveryException when it could not be made durable
     */
    public long checkpoint() throws RecoveryException {
        return checkpoints.take();
    }

    /**
     * Gives up the newest checkpoint as a base for rebuilds, and the space that it takes.
     *
     * @throws RecoveryException when the store is closed
     */
    public void releaseCheckpoint() throws RecoveryException {
        store.change(() -> {
            checkpoints.releaseStanding();
            return true;
        });
    }

    /**
     * Lets go of log up to an LSN, in whole files, and never of what a pin needs.
     *
     * @param lsn the highest tail wanted, inclusive
     * @return the new tail: entries above it are still held
     * @throws RecoveryException when it could not be recorded
     */
    public long trimTo(long lsn) throws RecoveryException {
        return store.change(() -> Trimming.trim(store, lsn));
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
            Store.Live live = store.live();
            try {
                store.health().check();
                live.log().flush();
                live.engine().flushMemory(); // nothing is left for the next open to recover
                store.replaceMeta(live.meta());
                return true;
            } finally {
                store.markClosed();
                source.revokeAll();
                live.close();
                lock.close();
            }
        });
    }
}
