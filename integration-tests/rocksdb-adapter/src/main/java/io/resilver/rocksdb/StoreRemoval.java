package io.resilver.rocksdb;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskOperations;
import io.resilver.rocksdb.meta.StoreMeta;
import io.resilver.rocksdb.meta.StoreMetaFile;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/** Removes a closed store: the meta file last, so that a crash leaves something that a second call finishes. */
final class StoreRemoval {
    private StoreRemoval() {}

    /** Removes the store in a directory, if it is of that replica and incarnation. */
    static boolean remove(Disk disk, Layout layout, ReplicaId replica, Incarnation incarnation)
            throws RecoveryException {
        Path directory = layout.directory();
        try {
            if (!isOf(disk, directory, replica, incarnation)) {
                return false; // asked before it is locked: another one may well be open
            }
            try (Closeable held = lock(disk, layout, replica)) {
                Objects.requireNonNull(held);
                if (!isOf(disk, directory, replica, incarnation)) {
                    return false;
                }
                for (String name : disk.list(directory)) {
                    if (!name.equals(StoreMetaFile.NAME)) {
                        DiskOperations.deleteTree(disk, directory.resolve(name));
                    }
                }
                disk.syncDirectory(directory);
                DiskOperations.deleteTree(disk, directory);
                disk.syncDirectory(Objects.requireNonNull(directory.getParent()));
                return true;
            }
        } catch (IOException e) {
            throw Store.translated(e, layout);
        }
    }

    private static boolean isOf(Disk disk, Path directory, ReplicaId replica, Incarnation incarnation)
            throws IOException, RecoveryException {
        if (!disk.list(directory).contains(StoreMetaFile.NAME)) {
            return false;
        }
        StoreMeta meta = StoreMetaFile.read(disk, directory);
        return meta.replica().equals(replica) && meta.incarnation().equals(incarnation);
    }

    /** Keeps everybody else from the store until it is closed. */
    static Closeable lock(Disk disk, Layout layout, ReplicaId replica) throws IOException, PermanentException {
        return disk.lock(layout.lock())
                .orElseThrow(() -> new PermanentException(
                        "store " + layout.directory() + " of replica " + replica + " is open: close it there first"));
    }
}
