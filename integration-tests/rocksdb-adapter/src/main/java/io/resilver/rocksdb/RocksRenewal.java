package io.resilver.rocksdb;

import io.resilver.host.disk.Disk;
import io.resilver.rocksdb.meta.StoreMeta;
import io.resilver.rocksdb.meta.StoreMetaFile;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.random.RandomGenerator;

/** Gives a store another identity, for whoever has put back a copy of it (R36). */
public final class RocksRenewal {
    private RocksRenewal() {}

    /**
     * Gives a closed store a new random id, which no record knows, durable on return; everything else stays. At its next open it
     * counts for nothing until it was rebuilt. Blocks on I/O.
     *
     * @param disk where it is
     * @param directory the store's own directory
     * @param replica whose store it must be
     * @param random gives the id
     * @return the new identity
     * @throws PermanentException when there is no such store, it is another replica's, or it is open
     * @throws RecoveryException when it is damaged or cannot be written
     */
    public static StoreIdentity renew(Disk disk, Path directory, ReplicaId replica, RandomGenerator random)
            throws RecoveryException {
        Layout layout = new Layout(directory);
        try {
            if (!disk.list(directory).contains(StoreMetaFile.NAME)) {
                throw new PermanentException("there is no store of replica " + replica + " in " + directory
                        + ": put the copy back first, or serve, which makes an empty one");
            }
            try (Closeable held = StoreRemoval.lock(disk, layout, replica)) {
                Objects.requireNonNull(held);
                StoreMeta meta = StoreMetaFile.read(disk, directory);
                if (!meta.replica().equals(replica)) {
                    throw new PermanentException(
                            directory + " is the store of replica " + meta.replica() + " and not of " + replica);
                }
                StoreIdentity fresh = new StoreIdentity(StoreOpening.randomId(random), 0);
                StoreMetaFile.write(disk, directory, meta.with(fresh));
                return fresh;
            }
        } catch (IOException e) {
            throw Store.translated(e, layout);
        }
    }
}
