package io.resilver.host.volume.tck.broken;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.StagedInstall;
import java.util.Optional;

/** Forwards to the changing side of a store, and wraps its installs. */
class WrappedTarget implements ReplicaVolume {
    private final ReplicaVolume right;
    private final WrappedStore store;
    private final Seams seams;

    WrappedTarget(ReplicaVolume right, WrappedStore store, Seams seams) {
        this.right = right;
        this.store = store;
        this.seams = seams;
    }

    WrappedTarget(ReplicaVolume right, WrappedStore store) {
        this(right, store, new Seams());
    }

    @Override
    public ReplicaPosition position() throws RecoveryException {
        return right.position();
    }

    @Override
    public StoreIdentity identity() throws RecoveryException {
        return right.identity();
    }

    @Override
    public void identify(StoreIdentity identity) throws RecoveryException {
        right.identify(identity);
    }

    @Override
    public void markUnusable(String why) throws RecoveryException {
        right.markUnusable(why);
    }

    @Override
    public Optional<Epoch> promise() throws RecoveryException {
        return right.promise();
    }

    @Override
    public void promise(Epoch epoch) throws RecoveryException {
        right.promise(epoch);
    }

    @Override
    public void append(EntryBatch batch) throws RecoveryException {
        right.append(batch);
    }

    @Override
    public long flush() throws RecoveryException {
        return right.flush();
    }

    @Override
    public void committed(long lsn) throws RecoveryException {
        right.committed(lsn);
    }

    @Override
    public void truncateTo(long lsn) throws RecoveryException {
        right.truncateTo(lsn);
    }

    @Override
    public StagedInstall beginInstall(BaseDescriptor base) throws RecoveryException {
        return seams.install(new WrappedInstall(right.beginInstall(base)), store);
    }
}
