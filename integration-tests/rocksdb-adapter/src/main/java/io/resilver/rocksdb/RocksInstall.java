package io.resilver.rocksdb;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskOperations;
import io.resilver.host.volume.install.Staging;
import io.resilver.rocksdb.base.Unpacking;
import io.resilver.rocksdb.meta.StoreMeta;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.StagedInstall;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A base on its way in. The image is received as one file; at the commit its tables are unpacked beside it, opened, and every
 * block of them is compared with its checksum. Only then the meta file names them.
 */
final class RocksInstall implements StagedInstall {
    private static final Logger LOG = LoggerFactory.getLogger(RocksInstall.class);

    private final Store store;
    private final RocksSource source;
    private final long generation;
    private final Staging staging;
    private volatile boolean open = true;

    private RocksInstall(Store store, RocksSource source, long generation, Staging staging) {
        this.store = store;
        this.source = source;
        this.generation = generation;
        this.staging = staging;
    }

    /** Begins within a change. */
    static RocksInstall begin(Store store, RocksSource source, BaseDescriptor base)
            throws IOException, RecoveryException {
        requireAtLeast(store.told(), base);
        long next = store.live().meta().content().generation() + 1;
        Path directory = store.layout().generation(next);
        Staging staging = Staging.open(store.disk(), store.health(), directory, base, Optional.empty());
        long missing = base.sizeBytes()
                + base.sizeBytes()
                - (long) staging.durable().cardinality() * base.rangeBytes(); // the image, and what is unpacked of it
        if (missing > store.disk().usableBytes(directory)) {
            staging.close();
            throw new ResourceExhaustedException(
                    "a base image needs " + missing + " more bytes in " + directory + ": free some", "disk");
        }
        return new RocksInstall(store, source, next, staging);
    }

    private static void requireAtLeast(long committed, BaseDescriptor base) throws TruncationUnsafeException {
        if (base.lsn() < committed) {
            throw new TruncationUnsafeException(
                    "asked to install a base at LSN " + base.lsn() + ", and entries up to " + committed
                            + " are committed here",
                    committed);
        }
    }

    boolean isOpen() {
        return open;
    }

    @Override
    public BaseDescriptor base() {
        return staging.base();
    }

    @Override
    public BitSet durableRanges() {
        return staging.durable();
    }

    @Override
    public void write(long index, ByteBuffer data) throws RecoveryException {
        staged(() -> {
            staging.write(index, data);
            return index;
        });
    }

    @Override
    public void read(long index, ByteBuffer into) throws RecoveryException {
        staged(() -> {
            staging.read(index, into);
            return index;
        });
    }

    @Override
    public void flush() throws RecoveryException {
        staged(() -> {
            staging.flush();
            return generation;
        });
    }

    private <T> T staged(Store.Work<T> work) throws RecoveryException {
        store.checkOpen();
        if (!open) {
            throw new PermanentException("the install of base " + base().lsn() + " has ended: begin it again");
        }
        return store.reading(work);
    }

    @Override
    public void commit() throws RecoveryException {
        Path database = store.layout().database(generation);
        staged(() -> {
            requireAtLeast(store.told(), base());
            staging.complete();
            Unpacking.unpack(store.disk(), staging.imagePath(), database);
            return generation;
        });
        Store.Live opened = store.reading(this::verified);
        Store.Live old;
        boolean live = false;
        try {
            old = store.change(() -> swap(opened));
            live = true;
        } finally {
            if (!live) {
                opened.close();
            }
        }
        open = false;
        source.revokeAll();
        old.standing().ifPresent(HeldCheckpoint::release);
        old.close();
        // From here on nothing can fail that matters: what is left goes at the next open.
        try {
            staging.close();
            forgetStaged(store.disk(), store.layout(), generation);
            DiskOperations.deleteTree(store.disk(), store.layout().generation(generation - 1));
        } catch (IOException e) {
            LOG.warn(
                    "Files of the old generation stay in {} until the next open: {}",
                    store.layout().directory(),
                    e.toString());
        }
    }

    /** Opens what was unpacked and reads all of it, which takes a while: the old database goes on beside it. */
    private Store.Live verified() throws IOException, RecoveryException {
        Store.Live opened = StoreOpening.openLive(
                store.disk(),
                store.layout(),
                store.options(),
                store.health(),
                described(store.live().meta()));
        boolean done = false;
        try {
            requireBase(opened, base());
            store.disk().createDirectories(store.layout().checkpoints(generation));
            done = true;
            return opened;
        } finally {
            if (!done) {
                opened.close();
            }
        }
    }

    private StoreMeta described(StoreMeta meta) {
        BaseDescriptor base = base();
        return meta.with(new StoreMeta.Content(
                        generation, true, Log.idAt(base.lsn(), base.lineage()), base.lsn(), store.told()))
                .withUnusable(Optional.empty());
    }

    /** The one act, within a change: what was promised and committed meanwhile is kept. */
    private Store.Live swap(Store.Live opened) throws IOException, RecoveryException {
        if (!open) {
            throw new PermanentException(
                    "the install of base " + base().lsn() + " ended while it was verified: begin it again");
        }
        Store.Live old = store.live();
        requireAtLeast(Math.max(store.told(), old.meta().content().committed()), base());
        StoreMeta next = described(old.meta());
        store.writeMeta(next);
        store.setLive(opened.with(next));
        return old;
    }

    /** The image must be what its descriptor says, and whole: a table that is damaged here was so at the source. */
    private static void requireBase(Store.Live opened, BaseDescriptor base) throws RecoveryException {
        Log.End end = opened.log().flushed();
        if (end.last().lsn() != base.lsn() || !end.lineage().equals(base.lineage())) {
            throw new CorruptException(
                    "the base at LSN " + base.lsn() + " by " + base.lineage() + " ends at " + end.last() + " by "
                            + end.lineage(),
                    opened.engine().directory().toString(),
                    0);
        }
        opened.engine().verify();
    }

    /** Deletes what only a staged image needs, of a generation that is live. */
    static void forgetStaged(Disk disk, Layout layout, long generation) throws IOException {
        Path directory = layout.generation(generation);
        Staging.forget(disk, directory);
        disk.delete(directory.resolve(Staging.IMAGE));
        disk.delete(directory.resolve(Staging.SUMS));
    }

    @Override
    public void discard() throws RecoveryException {
        if (!open) {
            return;
        }
        close();
        store.change(() -> {
            // The description first, durably: what is half deleted must not be taken for a staged image.
            Staging.forget(store.disk(), store.layout().generation(generation));
            store.disk().syncDirectory(store.layout().generation(generation));
            DiskOperations.deleteTree(store.disk(), store.layout().generation(generation));
            return generation;
        });
    }

    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        try {
            staging.close();
        } catch (IOException e) {
            LOG.warn(
                    "A staged image in {} could not be closed: {}",
                    store.layout().directory(),
                    e.toString());
        }
    }
}
