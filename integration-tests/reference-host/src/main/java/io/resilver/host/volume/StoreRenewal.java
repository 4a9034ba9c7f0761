package io.resilver.host.volume;

import io.resilver.host.disk.Disk;
import io.resilver.host.volume.meta.Meta;
import io.resilver.host.volume.meta.MetaFile;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/**
 * Gives a store another identity, for whoever has put back a copy of it. A copy that is taken and put back within one open of
 * the store says the same as the store that it stands for, so that nobody could tell it apart (R36).
 */
public final class StoreRenewal {
    private StoreRenewal() {}

    /**
     * Gives a closed store a new random id, which no record knows, durable on return; everything else stays. At its next
     * open it counts for nothing until it was rebuilt. Blocks on I/O.
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
        try {
            if (!disk.list(directory).contains(MetaFile.NAME)) {
                throw new PermanentException("there is no store of replica " + replica + " in " + directory
                        + ": put the copy back first, or serve, which makes an empty one");
            }
            Closeable lock = StoreRemoval.lock(disk, directory, replica);
            try {
                return renewLocked(disk, directory, replica, random);
            } finally {
                lock.close();
            }
        } catch (IOException e) {
            throw Store.translated(e, new Layout(directory));
        }
    }

    private static StoreIdentity renewLocked(Disk disk, Path directory, ReplicaId replica, RandomGenerator random)
            throws IOException, RecoveryException {
        Meta meta = MetaFile.read(disk, directory);
        if (!meta.replica().equals(replica)) {
            throw new PermanentException(
                    directory + " is the store of replica " + meta.replica() + " and not of " + replica);
        }
        StoreIdentity fresh =
                new StoreIdentity(new StoreId(String.format("%016x%016x", random.nextLong(), random.nextLong())), 0);
        MetaFile.write(disk, directory, meta.with(fresh));
        return fresh;
    }
}
