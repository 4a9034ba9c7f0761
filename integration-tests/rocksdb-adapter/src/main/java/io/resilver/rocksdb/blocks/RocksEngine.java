package io.resilver.rocksdb.blocks;

import io.resilver.host.engine.HostEngine;
import io.resilver.host.engine.HostStore;
import io.resilver.host.engine.HostStoreFiles;
import io.resilver.rocksdb.RocksAdapter;
import io.resilver.rocksdb.RocksStore;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.VolumeStore;
import java.nio.file.Path;
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
