package io.resilver.bench.many;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.StorageAdapter;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Stores in memory, gone with the process. They can do what catching up needs, and nothing else. Thread safe. */
final class MemoryAdapter implements StorageAdapter {
    private final Payloads payloads = new Payloads();
    private final Map<ReplicaId, MemoryStore> stores = new ConcurrentHashMap<>();

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public MemoryStore open(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
        MemoryStore made = new MemoryStore(replica, payloads);
        if (stores.putIfAbsent(replica, made) != null) {
            throw new PermanentException("the store of " + replica + " was opened before, and is kept for one opening");
        }
        return made;
    }

    @Override
    public void close() {
        stores.clear();
    }
}
