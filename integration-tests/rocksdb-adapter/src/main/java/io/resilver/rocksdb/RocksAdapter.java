package io.resilver.rocksdb;

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

/** The RocksDB stores of one host: that of each replica in {@code <root>/<volume>/<replica>}. Thread safe. */
public final class RocksAdapter implements StorageAdapter {
    private final Disk disk;
    private final Path root;
    private final RocksOptions options;
    private final RandomGenerator random;
    private final Executor executor;
    private final List<RocksStore> opened = new ArrayList<>();
    private boolean closed;

    /**
     * An adapter; does no I/O.
     *
     * @param disk where everything but the databases goes, which are RocksDB's own
     * @param root the directory of all stores
     * @param options how stores use disk and memory
     * @param random gives new stores their ids; thread safe
     * @param executor takes checkpoints; may block
     */
    public RocksAdapter(Disk disk, Path root, RocksOptions options, RandomGenerator random, Executor executor) {
        this.disk = disk;
        this.root = root;
        this.options = options;
        this.random = random;
        this.executor = executor;
    }

    /** Not to truncate: RocksDB undoes nothing. No images that are the same: tables differ with how they came about. */
    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.SNAPSHOT, Capability.APPEND_NOTIFICATION);
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

    private Layout layout(ReplicaId replica) {
        return new Layout(directoryOf(replica));
    }

    @Override
    public RocksStore open(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
        checkOpen();
        RocksStore store = RocksStore.open(disk, layout(replica), options, random, executor, replica, incarnation);
        if (!keep(store)) {
            store.close();
            checkOpen();
        }
        return store;
    }

    @Override
    public boolean remove(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
        checkOpen();
        return StoreRemoval.remove(disk, layout(replica), replica, incarnation);
    }

    private synchronized boolean keep(RocksStore store) {
        if (!closed) {
            opened.removeIf(RocksStore::isClosed);
            opened.add(store);
        }
        return !closed;
    }

    private synchronized void checkOpen() throws PermanentException {
        if (closed) {
            throw new PermanentException("the rocksdb adapter for " + root + " is closed");
        }
    }

    private synchronized List<RocksStore> end() {
        closed = true;
        List<RocksStore> all = List.copyOf(opened);
        opened.clear();
        return all;
    }

    @Override
    public void close() throws RecoveryException {
        List<RecoveryException> failures = new ArrayList<>();
        for (RocksStore store : end()) {
            try {
                store.close();
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
