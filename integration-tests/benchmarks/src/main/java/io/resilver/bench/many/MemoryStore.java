package io.resilver.bench.many;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.StagedInstall;
import io.resilver.spi.storage.VolumeStore;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The store of one replica. Each entry that comes is compared, byte for byte, with what {@link Payloads} says that it holds, and
 * is then kept as a reference to that. Durable means flushed, although nothing outlives the process. No image: nobody can be
 * rebuilt from it. Thread safe.
 */
final class MemoryStore implements VolumeStore, SourceVolume, ReplicaVolume {
    private final ReplicaId replica;
    private final Payloads payloads;
    private final MemoryLog log = new MemoryLog();
    private final Set<MemoryPin> pins = new HashSet<>();
    private StoreIdentity identity =
            new StoreIdentity(new StoreId(UUID.randomUUID().toString()), 0);
    private Optional<Epoch> promise = Optional.empty();
    private Lineage lineage = Lineage.EMPTY;
    private Lineage durableLineage = Lineage.EMPTY;
    private long flushed;
    private long committed;
    private boolean usable = true;
    private boolean closed;

    MemoryStore(ReplicaId replica, Payloads payloads) {
        this.replica = replica;
        this.payloads = payloads;
    }

    @Override
    public ReplicaId replica() {
        return replica;
    }

    @Override
    public SourceVolume source() {
        return this;
    }

    @Override
    public ReplicaVolume target() {
        return this;
    }

    /** Lets go of entries that no pin holds. */
    synchronized void trim(long lsn) {
        long least = Math.min(lsn, flushed);
        for (MemoryPin each : pins) {
            least = Math.min(least, each.afterLsn());
        }
        log.trim(least);
    }

    synchronized EntryId last() {
        return log.last();
    }

    /** A checksum of the LSNs, epochs and payloads of all entries after an LSN. */
    synchronized long checksum(long afterLsn) {
        CRC32C sum = new CRC32C();
        ByteBuffer numbers = ByteBuffer.allocate(2 * Long.BYTES);
        for (long lsn = Math.max(afterLsn, log.tail()) + 1; lsn <= flushed; lsn++) {
            sum.update(numbers.clear().putLong(lsn).putLong(log.epoch(lsn)).flip());
            sum.update(log.payload(lsn).duplicate());
        }
        return sum.getValue();
    }

    // ------------------------------------------------------------------------------------------------ reading

    @Override
    public synchronized RetainedHistory history() throws RecoveryException {
        checkOpen();
        return new RetainedHistory(
                flushed,
                log.tail(),
                OptionalLong.of(committed),
                0,
                false,
                Optional.of(durableLineage),
                OptionalLong.of(0));
    }

    @Override
    public synchronized LogPin pinLog(long afterLsn) throws RecoveryException {
        checkOpen();
        if (afterLsn < log.tail()) {
            throw new LogTrimmedException("the log of " + replica + " begins after " + log.tail(), log.tail());
        }
        MemoryPin pin = new MemoryPin(this, afterLsn);
        pins.add(pin);
        return pin;
    }

    synchronized void unpin(MemoryPin pin) {
        pins.remove(pin);
    }

    /** Up to so many bytes of durable entries behind an LSN; at least one, if there is one. */
    synchronized EntryBatch read(MemoryPin pin, long afterLsn, long upToLsn, int maxBytes) throws RecoveryException {
        checkOpen();
        if (!pins.contains(pin)) {
            throw new LogTrimmedException("the log of " + replica + " is held no more", log.tail());
        }
        long most = Math.max(1, maxBytes / Payloads.BYTES);
        long last = Math.min(Math.min(upToLsn, flushed), afterLsn + most);
        return log.batch(afterLsn, last, durableLineage.elements());
    }

    /** What the log holds after an LSN, in bytes. */
    synchronized long bytesAfter(long lsn) {
        return Math.max(0, flushed - lsn) * Payloads.BYTES;
    }

    @Override
    public BasePin pinSnapshot(long checkpointLsn) throws RecoveryException {
        throw noImage();
    }

    @Override
    public BasePin pinFullBase(long leastLsn) throws RecoveryException {
        throw noImage();
    }

    @Override
    public AutoCloseable onAppend(Runnable listener) throws RecoveryException {
        throw new PermanentException("stores in memory tell nobody of what is appended");
    }

    private PermanentException noImage() {
        return new PermanentException("the store of " + replica + " has no image: it can be caught up only");
    }

    // ------------------------------------------------------------------------------------------------ changing

    @Override
    public synchronized ReplicaPosition position() throws RecoveryException {
        checkOpen();
        return new ReplicaPosition(flushed, committed, OptionalLong.of(committed), usable, Optional.of(durableLineage));
    }

    @Override
    public synchronized StoreIdentity identity() throws RecoveryException {
        checkOpen();
        return identity;
    }

    @Override
    public synchronized void identify(StoreIdentity now) throws RecoveryException {
        checkOpen();
        identity = now;
    }

    @Override
    public synchronized void markUnusable(String why) throws RecoveryException {
        checkOpen();
        usable = false;
    }

    @Override
    public synchronized Optional<Epoch> promise() throws RecoveryException {
        checkOpen();
        return promise;
    }

    @Override
    public synchronized void promise(Epoch epoch) throws RecoveryException {
        checkOpen();
        if (promise.isPresent()
                && (promise.get().number() > epoch.number() || promise.get().conflictsWith(epoch))) {
            throw new FencedException(
                    "the store of " + replica + " has promised " + promise.get(),
                    promise.get().number());
        }
        promise = Optional.of(epoch);
    }

    @Override
    public synchronized void append(EntryBatch batch) throws RecoveryException {
        checkOpen();
        EntryId before = batch.previous();
        for (LogEntry entry : batch.entries()) {
            if (entry.lsn() <= log.head()) {
                if (entry.lsn() > log.tail() && log.epoch(entry.lsn()) != entry.epoch()) {
                    throw new PermanentException("another entry than " + entry.id() + " is in the store of " + replica);
                }
            } else {
                add(before, entry, batch.writers());
            }
            before = entry.id();
        }
    }

    private void add(EntryId before, LogEntry entry, List<LineageElement> writers) throws RecoveryException {
        if (!before.equals(log.last()) || entry.lsn() != before.lsn() + 1) {
            throw new PermanentException(
                    "entry " + entry.id() + " behind " + before + " does not follow " + log.last() + " in " + replica);
        }
        ByteBuffer known = payloads.of(replica.volume(), entry.lsn());
        if (!known.equals(entry.payload())) {
            throw new CorruptException(
                    "entry " + entry.id() + " of " + replica + " is not what was written", replica.toString(), 0);
        }
        if (entry.epoch() != before.epoch()) {
            for (LineageElement writer : writers) {
                if (writer.epoch() == entry.epoch()) {
                    lineage = lineage.then(writer);
                }
            }
        }
        log.add(entry.epoch(), known);
    }

    @Override
    public synchronized long flush() throws RecoveryException {
        checkOpen();
        flushed = log.head();
        durableLineage = lineage;
        return flushed;
    }

    @Override
    public synchronized void committed(long lsn) throws RecoveryException {
        checkOpen();
        committed = Math.max(committed, Math.min(lsn, flushed));
    }

    @Override
    public void truncateTo(long lsn) throws RecoveryException {
        throw new TruncationUnsafeException("stores in memory undo nothing", lsn);
    }

    @Override
    public StagedInstall beginInstall(BaseDescriptor base) throws RecoveryException {
        throw noImage();
    }

    private void checkOpen() throws PermanentException {
        if (closed) {
            throw new PermanentException("the store of " + replica + " is closed");
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        pins.clear();
    }
}
