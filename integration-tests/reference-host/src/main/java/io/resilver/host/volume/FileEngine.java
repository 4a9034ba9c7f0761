package io.resilver.host.volume;

import io.resilver.host.disk.FileDisk;
import io.resilver.host.engine.HostEngine;
import io.resilver.host.engine.HostStore;
import io.resilver.host.engine.HostStoreFiles;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.VolumeStore;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;

/** The file volume, the host product's own engine. */
public final class FileEngine implements HostEngine {
    /** Found by {@link java.util.ServiceLoader}. */
    public FileEngine() {}

    @Override
    public String name() {
        return "file";
    }

    @Override
    public Class<? extends StorageAdapter> adapter() {
        return FileAdapter.class;
    }

    @Override
    public boolean undoes() {
        return true;
    }

    @Override
    public HostStore store(VolumeStore opened) {
        return (FileVolume) opened;
    }

    @Override
    public Path directory(StorageAdapter adapter, ReplicaId replica) {
        return ((FileAdapter) adapter).directoryOf(replica);
    }

    @Override
    public StoreIdentity renew(Path directory, ReplicaId replica) throws RecoveryException {
        return StoreRenewal.renew(new FileDisk(), directory, replica, new SecureRandom());
    }

    @Override
    public HostStoreFiles files(Path directory) {
        return new StoreReader(new FileDisk(), directory);
    }

    @Override
    public Map<String, String> onDemand(int unitBytes) {
        return Map.of(
                "resilver.adapter.file.segment-bytes", Integer.toString(unitBytes),
                "resilver.adapter.file.checkpoint-bytes", Long.toString(Long.MAX_VALUE));
    }
}
