package io.resilver.rocksdb.blocks;

import io.resilver.host.engine.HostStore;
import io.resilver.rocksdb.RocksStore;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** A store as blocks. A write of many blocks is one entry. */
final class RocksBlocks implements HostStore {
    /** For what was read to be committed: many times what a write takes, and not long for a client who is told to ask again. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final RocksStore store;
    private final Duration patience;

    RocksBlocks(RocksStore store) {
        this(store, PATIENCE);
    }

    RocksBlocks(RocksStore store, Duration patience) {
        this.store = store;
        this.patience = patience;
    }

    @Override
    public ReplicaId replica() {
        return store.replica();
    }

    @Override
    public Incarnation incarnation() {
        return store.incarnation();
    }

    @Override
    public SourceVolume source() {
        return store.source();
    }

    @Override
    public ReplicaVolume target() {
        return store.target();
    }

    @Override
    public long append(LineageElement writer, long offset, ByteBuffer data) throws RecoveryException {
        BlockKeys.requireBlocks(offset, data.remaining());
        ByteBuffer left = data.duplicate();
        try (WriteBatch changes = new WriteBatch()) {
            for (long at = offset; left.hasRemaining(); at += BlockKeys.BLOCK) {
                byte[] block = new byte[Math.min(BlockKeys.BLOCK, left.remaining())];
                left.get(block);
                changes.put(BlockKeys.key(at), block);
            }
            return store.append(writer, changes);
        } catch (RocksDBException e) {
            throw new PermanentException("a write at " + offset + " could not be collected: " + e.getMessage(), e);
        }
    }

    @Override
    public long flush() throws RecoveryException {
        return store.flush();
    }

    @Override
    public long appendedLsn() throws RecoveryException {
        return store.appendedLsn();
    }

    @Override
    public long durableLsn() throws RecoveryException {
        return store.durableLsn();
    }

    /**
     * The store's image has what is not committed yet: then it is kept until it is. Read again, it would depend on what was
     * written meanwhile, and never be served while writes go on.
     */
    @Override
    public int read(long offset, ByteBuffer into) throws RecoveryException {
        long generation = store.generation();
        int wanted = (int) Math.max(0, Math.min(into.remaining(), size() - offset));
        int end = into.position() + wanted;
        long lsn = 0;
        while (into.position() < end) {
            long at = offset + into.position() - (end - wanted);
            long block = at / BlockKeys.BLOCK * BlockKeys.BLOCK;
            RocksStore.Reading reading = store.get(BlockKeys.key(block));
            lsn = Math.max(lsn, reading.lsn());
            int from = (int) (at - block);
            int bytes = Math.min(BlockKeys.BLOCK - from, end - into.position());
            byte[] value = reading.value().orElse(new byte[0]);
            int there = Math.max(0, Math.min(bytes, value.length - from));
            into.put(value, Math.min(from, value.length), there).put(new byte[bytes - there]);
        }
        if (!store.awaitCommitted(generation, lsn, patience)) {
            into.position(end - wanted);
            throw new RetriableException(
                    "what was read may depend on entries up to LSN " + lsn + ", and " + store.committedLsn()
                            + " is the last that is known to be committed",
                    Duration.ZERO);
        }
        return wanted;
    }

    @Override
    public long size() throws RecoveryException {
        Optional<RocksStore.Pair> last = store.last();
        return last.isEmpty()
                ? 0
                : BlockKeys.offset(last.get().key(), last.get().value())
                        + last.get().value().remaining();
    }

    @Override
    public long checkpoint() throws RecoveryException {
        return store.checkpoint();
    }

    @Override
    public void releaseCheckpoint() throws RecoveryException {
        store.releaseCheckpoint();
    }

    @Override
    public long trimTo(long lsn) throws RecoveryException {
        return store.trimTo(lsn);
    }

    @Override
    public void close() throws RecoveryException {
        store.close();
    }
}
