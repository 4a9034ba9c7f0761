package io.resilver.host.volume;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskOperations;
import io.resilver.host.volume.meta.Meta;
import io.resilver.host.volume.meta.MetaFile;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Removes a store. The file that says whose it is goes last, so that a removal that a crash cut short can be gone on with, and
 * what is left until then is taken for nobody else's.
 */
final class StoreRemoval {
    private StoreRemoval() {}

    /** Removes the store in a directory, if it is of that replica and incarnation. */
    static boolean remove(Disk disk, Path directory, ReplicaId replica, Incarnation incarnation)
            throws RecoveryException {
        try {
            if (!disk.list(directory).contains(MetaFile.NAME)
                    || !isOf(MetaFile.read(disk, directory), replica, incarnation)) {
                return false; // asked before it is locked: another one may well be open
            }
            Closeable lock = lock(disk, directory, replica);
            try {
                return removeLocked(disk, directory, replica, incarnation);
            } finally {
                lock.close();
            }
        } catch (IOException e) {
            throw Store.translated(e, new Layout(directory));
        }
    }

    private static boolean removeLocked(Disk disk, Path directory, ReplicaId replica, Incarnation incarnation)
            throws IOException, RecoveryException {
        if (!isOf(MetaFile.read(disk, directory), replica, incarnation)) {
            return false;
        }
        for (String name : disk.list(directory)) {
            if (!name.equals(MetaFile.NAME)) {
                DiskOperations.deleteTree(disk, directory.resolve(name));
            }
        }
        disk.syncDirectory(directory);
        DiskOperations.deleteTree(disk, directory);
        disk.syncDirectory(Objects.requireNonNull(directory.getParent()));
        return true;
    }

    private static boolean isOf(Meta meta, ReplicaId replica, Incarnation incarnation) {
        return meta.replica().equals(replica) && meta.incarnation().equals(incarnation);
    }

    /** Keeps everybody else from the store until it is closed. */
    static Closeable lock(Disk disk, Path directory, ReplicaId replica) throws IOException, PermanentException {
        return disk.lock(new Layout(directory).lock())
                .orElseThrow(() -> new PermanentException(
                        "store " + directory + " of replica " + replica + " is open: close it there first"));
    }
}
