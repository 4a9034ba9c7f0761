package io.resilver.host.volume;

import io.resilver.host.disk.Disk;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.StorageAdapter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** The file volumes of one host: the store of each replica in {@code <root>/<volume>/<replica>}. Thread safe. */
public final class FileAdapter implements StorageAdapter {
    private final Disk disk;
    private final Path root;
    private final VolumeOptions options;
    private final RandomGenerator random;
    private final Executor executor;
    private final List<FileVolume> opened = new ArrayList<>();
    private boolean closed;

    /**
     * An adapter; does no I/O.
     *
     * @param disk where all I/O goes
     * @param root the directory of all stores
     * @param options how stores use the disk
     * @param random gives new stores their ids; thread safe
     * @param executor takes checkpoints; may block
     */
    public FileAdapter(Disk disk, Path root, VolumeOptions options, RandomGenerator random, Executor executor) {
        this.disk = disk;
        this.root = root;
        this.options = options;
        this.random = random;
        this.executor = executor;
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(
                Capability.TRUNCATE,
                Capability.SNAPSHOT,
                Capability.APPEND_NOTIFICATION,
                Capability.CHECKED_IMAGE,
                Capability.SAME_IMAGE);
    }

    /**
     * Where the store of a replica is, whether it is there or not.
     *
     * @param replica which replica
     * @return its directory
     */
    public Path directoryOf(ReplicaId replica) {
        return root.resolve(replica.volume().value()).resolve(replica.name());
    }

    @Override
    public FileVolume open(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
        checkOpen();
        FileVolume volume =
                FileVolume.open(disk, directoryOf(replica), options, random, executor, replica, incarnation);
        if (!keep(volume)) {
            volume.close();
            checkOpen();
        }
        return volume;
    }

    @Override
    public boolean remove(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
        checkOpen();
        return StoreRemoval.remove(disk, directoryOf(replica), replica, incarnation);
    }

    private synchronized boolean keep(FileVolume volume) {
        if (!closed) {
            opened.removeIf(FileVolume::isClosed);
            opened.add(volume);
        }
        return !closed;
    }

    private synchronized void checkOpen() throws PermanentException {
        if (closed) {
            throw new PermanentException("the file adapter for " + root + " is closed");
        }
    }

    private synchronized List<FileVolume> end() {
        closed = true;
        List<FileVolume> all = List.copyOf(opened);
        opened.clear();
        return all;
    }

    @Override
    public void close() throws RecoveryException {
        List<RecoveryException> failures = new ArrayList<>();
        for (FileVolume volume : end()) {
            try {
                volume.close();
            } catch (RecoveryException e) {
                failures.add(e);
            }
        }
        if (!failures.isEmpty()) {
            RecoveryException first = failures.get(0);
            failures.stream().skip(1).forEach(first::addSuppressed);
            throw first;
        }
    }
}
