package io.resilver.rocksdb;

import io.resilver.host.disk.Damage;
import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.host.disk.DiskOperations;
import io.resilver.host.disk.Health;
import io.resilver.rocksdb.engine.Engine;
import io.resilver.rocksdb.engine.LogStream;
import io.resilver.rocksdb.engine.Update;
import io.resilver.rocksdb.engine.WalFile;
import io.resilver.rocksdb.meta.StoreMeta;
import io.resilver.rocksdb.meta.StoreMetaFile;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/** Opens a store, after a clean close or after a crash at any point. A store that is damaged or another's is refused. */
final class StoreOpening {
    private StoreOpening() {}

    /** Opens or creates; the caller holds the store's lock. */
    static Store open(
            Disk disk,
            Layout layout,
            RocksOptions options,
            RandomGenerator random,
            ReplicaId replica,
            Incarnation incarnation)
            throws IOException, RecoveryException {
        if (!disk.list(layout.directory()).contains(StoreMetaFile.NAME)) {
            begin(disk, layout, random, replica, incarnation);
        }
        StoreMeta meta = StoreMetaFile.read(disk, layout.directory());
        if (!meta.replica().equals(replica) || !meta.incarnation().equals(incarnation)) {
            throw new PermanentException(layout.directory() + " is the store of replica " + meta.replica()
                    + ", incarnation " + meta.incarnation() + ", and was to be opened for " + replica + ", incarnation "
                    + incarnation + ": configure another directory, or remove this one if it is of no use");
        }
        if (!meta.content().made()) {
            meta = make(disk, layout, options, meta);
        }
        Health health = new Health(layout.directory().toString());
        Store.Live live = openLive(disk, layout, options, health, meta);
        boolean done = false;
        try {
            syncLog(disk, live.engine());
            removeLeftovers(disk, layout, meta.content().generation());
            Store.Live whole = live.with(Checkpoints.left(disk, layout, live));
            Store store = new Store(disk, layout, options, health, whole);
            store.change(() -> {
                // Also when nothing changed: what was read may be in the system's memory only, left by a process that
                // died.
                store.replaceMeta(whole.meta());
                Trimming.removeFiles(disk, whole);
                return true;
            });
            done = true;
            return store;
        } finally {
            if (!done) {
                live.close();
            }
        }
    }

    /** Opens the database that a meta file names, whether the file is in force already or about to be. */
    static Store.Live openLive(Disk disk, Layout layout, RocksOptions options, Health health, StoreMeta meta)
            throws IOException, RecoveryException {
        StoreMeta.Content content = meta.content();
        Path directory = layout.database(content.generation());
        if (!disk.list(directory).contains("CURRENT")) {
            throw Damage.found("the database is missing", directory, 0);
        }
        Engine engine = Engine.open(directory, options.memtableBytes(), false);
        boolean done = false;
        try {
            Log log = Log.of(engine, health);
            Log.End end = log.flushed();
            if (end.last().lsn() < Math.max(engine.latest(), content.durable())) {
                throw Damage.found(
                        "the database was durable up to LSN " + content.durable() + " and ends at " + end.last()
                                + ", by sequence number " + engine.latest(),
                        directory,
                        0);
            }
            requireLog(engine, content.tail(), end);
            requireWhole(
                    engine,
                    Math.max(content.tail().lsn(), content.durable()),
                    end.last().lsn());
            done = true;
            return new Store.Live(meta, engine, log, new LogPins(content.tail()), Optional.empty());
        } finally {
            if (!done) {
                engine.close();
            }
        }
    }

    /** RocksDB does not miss log files that it needs no more itself. */
    private static void requireLog(Engine engine, EntryId tail, Log.End end) throws RecoveryException {
        if (!Log.idAt(tail.lsn(), end.lineage()).equals(tail)) {
            throw Damage.found(
                    "the log begins after " + tail + ", and the lineage is " + end.lineage(), engine.directory(), 0);
        }
        if (tail.lsn() < end.last().lsn()) {
            try (LogStream stream = engine.log()) {
                Optional<Update> first = stream.next(tail.lsn() + 1);
                if (first.isEmpty() || first.get().sequence() != tail.lsn() + 1) {
                    throw Damage.found(
                            "the log should begin after LSN " + tail.lsn() + " and begins "
                                    + first.map(update -> "at " + update.sequence())
                                            .orElse("nowhere"),
                            engine.directory(),
                            0);
                }
            }
        }
    }

    /**
     * After a power failure the end of one log file may be gone and a part of the next one be there: neither was flushed, RocksDB
     * applies both, and what it would call its end is above a hole. What was flushed has none: all its files were synced.
     */
    private static void requireWhole(Engine engine, long afterLsn, long end) throws RecoveryException {
        long position = afterLsn;
        try (LogStream stream = engine.log()) {
            while (position < end) {
                Optional<Update> next = stream.next(position + 1);
                if (next.isEmpty() || next.get().sequence() != position + 1) {
                    throw Damage.found(
                            "the entry behind LSN " + position + " is missing, the next one begins "
                                    + next.map(update -> "at " + update.sequence())
                                            .orElse("nowhere")
                                    + ", and the database ends at " + end,
                            engine.directory(),
                            0);
                }
                position = next.get().lsn();
            }
        }
    }

    /** The entries are durable in the tables; they must be so in the log as well, to be sent from there. */
    private static void syncLog(Disk disk, Engine engine) throws IOException, RecoveryException {
        for (WalFile file : engine.logFiles()) {
            try {
                sync(disk, file.path());
            } catch (NoSuchFileException moved) {
                sync(
                        disk,
                        engine.directory()
                                .resolve(Layout.ARCHIVE)
                                .resolve(file.path().getFileName()));
            }
        }
        for (Path each : List.of(engine.directory(), engine.directory().resolve(Layout.ARCHIVE))) {
            if (Files.isDirectory(each)) {
                disk.syncDirectory(each); // RocksDB made files here and moved some there
            }
        }
    }

    private static void sync(Disk disk, Path file) throws IOException {
        try (DiskFile opened = disk.openToRead(file)) {
            opened.sync();
        }
    }

    private static void removeLeftovers(Disk disk, Layout layout, long generation) throws IOException {
        disk.delete(layout.directory().resolve(StoreMetaFile.NAME + DiskOperations.UNFINISHED));
        RocksInstall.forgetStaged(disk, layout, generation);
        DiskOperations.deleteTree(disk, layout.database(generation + 1)); // a base that was being unpacked
        for (String name : disk.list(layout.directory())) {
            OptionalLong number = Layout.generationOf(name);
            // The next generation may be a staged image, which a later install goes on with.
            if (number.isPresent() && number.getAsLong() != generation && number.getAsLong() != generation + 1) {
                DiskOperations.deleteTree(disk, layout.directory().resolve(name));
            }
        }
    }

    /** The meta file comes first: whatever else is there without it was left by one that was lost. */
    private static void begin(
            Disk disk, Layout layout, RandomGenerator random, ReplicaId replica, Incarnation incarnation)
            throws IOException, RecoveryException {
        for (String name : disk.list(layout.directory())) {
            if (Layout.generationOf(name).isPresent()) {
                throw Damage.found(
                        "the meta file is missing and there are data beside it, in " + name,
                        layout.directory().resolve(StoreMetaFile.NAME),
                        0);
            }
        }
        StoreMetaFile.write(
                disk,
                layout.directory(),
                new StoreMeta(
                        replica,
                        incarnation,
                        new StoreIdentity(randomId(random), 0),
                        Optional.empty(),
                        Optional.empty(),
                        new StoreMeta.Content(1, false, EntryId.NONE, 0, 0)));
    }

    static StoreId randomId(RandomGenerator random) {
        return new StoreId(String.format("%016x%016x", random.nextLong(), random.nextLong()));
    }

    /** Nobody wrote to a database that was not finished: it is made anew. */
    private static StoreMeta make(Disk disk, Layout layout, RocksOptions options, StoreMeta meta)
            throws IOException, RecoveryException {
        DiskOperations.deleteTree(disk, layout.generation(1));
        disk.createDirectories(layout.database(1));
        Engine.open(layout.database(1), options.memtableBytes(), true).close();
        disk.syncDirectory(layout.database(1));
        StoreMeta made = meta.with(new StoreMeta.Content(1, true, EntryId.NONE, 0, 0));
        StoreMetaFile.write(disk, layout.directory(), made);
        return made;
    }
}
