package io.resilver.host.volume.tck.broken;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.VolumeStore;
import java.util.Set;

/** Forwards to an adapter. */
class ForwardedAdapter implements StorageAdapter {
    private final StorageAdapter right;

    ForwardedAdapter(StorageAdapter right) {
        this.right = right;
    }

    @Override
    public Set<Capability> capabilities() {
        return right.capabilities();
    }

    @Override
    public VolumeStore open(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
        return right.open(replica, incarnation);
    }

    @Override
    public boolean remove(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
        return right.remove(replica, incarnation);
    }

    @Override
    public void close() throws RecoveryException {
        right.close();
    }
}
