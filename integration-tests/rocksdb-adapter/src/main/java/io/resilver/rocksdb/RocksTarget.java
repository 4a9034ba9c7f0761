package io.resilver.rocksdb;

import io.resilver.rocksdb.meta.StoreMeta;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.StagedInstall;
import java.util.Optional;
import java.util.OptionalLong;

/** The changing side of a store. */
final class RocksTarget implements ReplicaVolume {
    private final Store store;
    private final Checkpoints checkpoints;
    private final RocksSource source;
    private volatile Optional<RocksInstall> install = Optional.empty();

    RocksTarget(Store store, Checkpoints checkpoints, RocksSource source) {
        this.store = store;
        this.checkpoints = checkpoints;
        this.source = source;
    }

    @Override
    public ReplicaPosition position() throws RecoveryException {
        Store.Live live = store.live();
        Log.End flushed = live.log().flushed();
        return new ReplicaPosition(
                flushed.last().lsn(),
                flushed.last().lsn(), // what is in the log is in the image: nothing can be undone
                OptionalLong.of(live.meta().content().committed()),
                live.isUsable(),
                Optional.of(flushed.lineage()));
    }

    @Override
    public StoreIdentity identity() throws RecoveryException {
        return store.live().meta().identity();
    }

    @Override
    public void identify(StoreIdentity identity) throws RecoveryException {
        changeMeta(meta -> meta.with(identity));
    }

    @Override
    public void markUnusable(String why) throws RecoveryException {
        changeMeta(meta -> meta.unusable().isPresent() ? meta : meta.withUnusable(Optional.of(why)));
    }

    @Override
    public Optional<Epoch> promise() throws RecoveryException {
        return store.live().meta().promise();
    }

    @Override
    public void promise(Epoch epoch) throws RecoveryException {
        changeMeta(meta -> {
            if (meta.promise().isPresent()) {
                Epoch promised = meta.promise().get();
                if (epoch.number() < promised.number() || epoch.conflictsWith(promised)) {
                    throw new FencedException(
                            "store of " + meta.replica() + " has promised " + promised + " and refuses " + epoch,
                            promised.number());
                }
            }
            return meta.with(epoch);
        });
    }

    private interface MetaChange {
        StoreMeta from(StoreMeta meta) throws RecoveryException;
    }

    private void changeMeta(MetaChange changing) throws RecoveryException {
        store.change(() -> {
            StoreMeta present = store.live().meta();
            StoreMeta next = changing.from(present);
            // The committed bound goes with it: who fences a store next asks for its position, which should say all it
            // knows.
            if (!next.equals(present) || store.told() > present.content().committed()) {
                store.replaceMeta(next);
            }
            return next;
        });
    }

    @Override
    public void append(EntryBatch batch) throws RecoveryException {
        store.change(() -> {
            Store.Live live = store.live();
            Appending.append(live.log(), live.pins(), batch);
            return batch;
        });
    }

    @Override
    public long flush() throws RecoveryException {
        if (store.flush()) {
            source.appended();
        }
        return store.live().log().flushed().last().lsn();
    }

    @Override
    public void committed(long lsn) throws RecoveryException {
        store.committed(lsn);
        checkpoints.takeIfDue();
    }

    @Override
    public void truncateTo(long lsn) throws RecoveryException {
        store.change(() -> {
            long flushed = store.live().log().flushed().last().lsn();
            if (lsn < flushed) {
                throw new TruncationUnsafeException(
                        "asked to truncate to LSN " + lsn + ", and a RocksDB store undoes nothing: it ends at "
                                + flushed,
                        flushed);
            }
            return lsn;
        });
    }

    @Override
    public StagedInstall beginInstall(BaseDescriptor base) throws RecoveryException {
        return store.change(() -> {
            if (install.map(RocksInstall::isOpen).orElse(false)) {
                throw new PermanentException(
                        "an install is open at " + store.layout().directory() + ": close it first");
            }
            if (!base.lineage().upTo(base.lsn()).equals(base.lineage())
                    || !base.lineage().rises()
                    || base.lineage().elements().isEmpty() != (base.lsn() == 0)) {
                throw new PermanentException("base " + base + " has a lineage that does not belong to its LSN");
            }
            RocksInstall begun = RocksInstall.begin(store, source, base);
            install = Optional.of(begun);
            return begun;
        });
    }

    /** Closes an install that is still open and keeps what was staged. */
    void close() {
        install.ifPresent(RocksInstall::close);
    }
}
