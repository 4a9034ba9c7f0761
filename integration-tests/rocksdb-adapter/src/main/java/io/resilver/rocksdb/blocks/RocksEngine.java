package io.resilver.rocksdb.blocks;

import io.resilver.host.disk.FileDisk;
import io.resilver.host.engine.HostEngine;
import io.resilver.host.engine.HostStore;
import io.resilver.host.engine.HostStoreFiles;
import io.resilver.rocksdb.RocksAdapter;
import io.resilver.rocksdb.RocksRenewal;
import io.resilver.rocksdb.RocksStore;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.VolumeStore;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;

/** RocksDB as an engine of the reference host. */
public final class RocksEngine implements HostEngine {
    /** Found by {@link java.util.ServiceLoader}. */
    public RocksEngine() {}

    @Override
    public String name() {
        return "rocksdb";
    }

    @Override
    public Class<? extends StorageAdapter> adapter() {
        return RocksAdapter.class;
    }

    @Override
    public boolean undoes() {
        return false;
    }

    @Override
    public HostStore store(VolumeStore opened) {
        return new RocksBlocks((RocksStore) opened);
    }

    @Override
    public Path directory(StorageAdapter adapter, ReplicaId replica) {
        return ((RocksAdapter) adapter).directoryOf(replica);
    }

    @Override
    public StoreIdentity renew(Path directory, ReplicaId replica) throws RecoveryException {
        return RocksRenewal.renew(new FileDisk(), directory, replica, new SecureRandom());
    }

    @Override
    public HostStoreFiles files(Path directory) {
        return new RocksFiles(directory);
    }

    @Override
    public Map<String, String> onDemand(int unitBytes) {
        return Map.of(
                "resilver.adapter.rocksdb.memtable-bytes", Integer.toString(unitBytes),
                "resilver.adapter.rocksdb.checkpoint-bytes", Long.toString(Long.MAX_VALUE));
    }
}
