package io.resilver.rocksdb.engine;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.FlushOptions;
import org.rocksdb.LogFile;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WalFileType;
import org.rocksdb.WriteBatch;

/**
 * One open database. Thread safe; everything may block on I/O. Changes are made one at a time by the caller: RocksDB would write
 * what comes at the same time as one batch, and the border between two entries would be lost.
 */
public final class Engine implements AutoCloseable {
    private final Path directory;
    private final EngineOptions options;
    private final RocksDB db;
    private final ColumnFamilyHandle data;
    private final ColumnFamilyHandle lineage;
    private final Set<LogStream> streams = ConcurrentHashMap.newKeySet();

    /** Shared by every use of what is native, exclusive for the close: a native call after it would end the process. */
    private final ReentrantReadWriteLock guard = new ReentrantReadWriteLock();

    private boolean closed;

    /** What uses the database. */
    interface Use<T> {
        T with(RocksDB db) throws RocksDBException, RecoveryException;
    }

    private Engine(Path directory, EngineOptions options, RocksDB db, List<ColumnFamilyHandle> handles) {
        this.directory = directory;
        this.options = options;
        this.db = db;
        this.data = handles.get(0);
        this.lineage = handles.get(BatchFormat.LINEAGE_FAMILY);
    }

    /**
     * Opens a database and runs RocksDB's crash recovery: what was in its log is in its tables afterwards, durably.
     *
     * @param directory where
     * @param memtableBytes how much is collected in memory before it is written out and the log goes on in another file
     * @param create whether to make an empty one where there is none; else that is an error
     * @return the open database, which the caller closes
     * @throws CorruptException when it is damaged, or is none
     * @throws RecoveryException when it cannot be opened; nothing is left open
     */
    public static Engine open(Path directory, long memtableBytes, boolean create) throws RecoveryException {
        RocksDB.loadLibrary();
        EngineOptions options = new EngineOptions(memtableBytes, create);
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try {
            return new Engine(
                    directory,
                    options,
                    RocksDB.open(options.database(), directory.toString(), options.families(), handles),
                    handles);
        } catch (RocksDBException e) {
            options.close();
            throw NativeErrors.translated(e, directory);
        }
    }

    /**
     * Opens a database only to read what is in its files now, whoever has it open.
     *
     * @param directory where
     * @return the open database, which the caller closes
     * @throws RecoveryException when it cannot be read, or its files changed meanwhile
     */
    public static Engine openToRead(Path directory) throws RecoveryException {
        RocksDB.loadLibrary();
        EngineOptions options = EngineOptions.toRead();
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try {
            return new Engine(
                    directory,
                    options,
                    RocksDB.openReadOnly(options.database(), directory.toString(), options.families(), handles),
                    handles);
        } catch (RocksDBException e) {
            options.close();
            throw NativeErrors.translated(e, directory);
        }
    }

    /** Runs what uses the database, unless it is closed. */
    <T> T use(Use<T> use) throws RecoveryException {
        guard.readLock().lock();
        try {
            if (closed) {
                throw new PermanentException("the database in " + directory + " is closed");
            }
            return use.with(db);
        } catch (RocksDBException e) {
            throw NativeErrors.translated(e, directory);
        } finally {
            guard.readLock().unlock();
        }
    }

    /**
     * Where it is.
     *
     * @return its directory
     */
    public Path directory() {
        return directory;
    }

    /**
     * The sequence number of the last record that was written.
     *
     * @return 0 for an empty database
     * @throws RecoveryException when it is closed
     */
    public long latest() throws RecoveryException {
        return use(RocksDB::getLatestSequenceNumber);
    }

    /**
     * Writes a batch to log and memory, in one act. Not durable until {@link #sync}.
     *
     * @param batch its bytes, whatever sequence number they say
     * @return the sequence number of its last record
     * @throws RecoveryException when it failed: nobody knows what of it is in the log
     */
    public long write(byte[] batch) throws RecoveryException {
        try (WriteBatch whole = new WriteBatch(batch)) {
            return write(whole);
        }
    }

    /**
     * The same for a batch of the caller's.
     *
     * @param batch the batch, of the default column family only
     * @return the sequence number of its last record
     * @throws RecoveryException when it failed: nobody knows what of it is in the log
     */
    public long write(WriteBatch batch) throws RecoveryException {
        return use(open -> {
            open.write(options.writing(), batch);
            return open.getLatestSequenceNumber();
        });
    }

    /**
     * Makes durable what was written before the call.
     *
     * @throws RecoveryException when it failed: nobody knows what is
     */
    public void sync() throws RecoveryException {
        use(open -> {
            open.flushWal(true);
            return true;
        });
    }

    /**
     * Writes out what is collected in memory, so that RocksDB needs none of the present log any more, and goes on in another file.
     *
     * @throws RecoveryException when it failed
     */
    public void flushMemory() throws RecoveryException {
        use(open -> {
            try (FlushOptions waiting = new FlushOptions().setWaitForFlush(true)) {
                open.flush(waiting, List.of(data, lineage));
            }
            return true;
        });
    }

    /**
     * The files of the log, those in the archive too.
     *
     * @return in the order of what is in them, at least the last one with something in it; none for an empty log
     * @throws RecoveryException when they cannot be listed
     */
    public List<WalFile> logFiles() throws RecoveryException {
        return use(open -> {
            List<WalFile> files = new ArrayList<>();
            for (LogFile file : open.getSortedWalFiles()) {
                String inside =
                        file.pathName().startsWith("/") ? file.pathName().substring(1) : file.pathName();
                files.add(new WalFile(
                        directory.resolve(inside),
                        file.startSequence(),
                        file.sizeFileBytes(),
                        file.type() == WalFileType.kArchivedLogFile));
            }
            return files;
        });
    }

    /**
     * Begins to read the log.
     *
     * @return a stream, which the caller closes
     * @throws RecoveryException when the database is closed
     */
    public LogStream log() throws RecoveryException {
        return use(open -> {
            LogStream stream = new LogStream(this);
            streams.add(stream);
            return stream;
        });
    }

    void forget(LogStream stream) {
        guard.readLock().lock();
        try {
            stream.closeWithin(); // closed already where the engine is
        } finally {
            guard.readLock().unlock();
        }
        streams.remove(stream);
    }

    /**
     * Which epoch wrote what: from the records that the entries brought with them.
     *
     * @return the lineage up to {@link #latest}
     * @throws CorruptException when the records are no lineage
     * @throws RecoveryException when they cannot be read
     */
    public Lineage lineage() throws RecoveryException {
        List<LineageElement> elements = new ArrayList<>();
        scan(lineage, (key, value) -> elements.add(BatchFormat.element(key, value)));
        Lineage found = new Lineage(elements);
        if (!found.rises() || found.last().map(LineageElement::firstLsn).orElse(0L) > latest()) {
            throw new CorruptException(
                    "the lineage " + found + " is none of a log that ends at " + latest(), directory.toString(), 0);
        }
        return found;
    }

    /** Sees keys and values. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * One key and its value.
         *
         * @param key valid during the call
         * @param value valid during the call
         * @throws RecoveryException ends the scan
         */
        void see(ByteBuffer key, ByteBuffer value) throws RecoveryException;
    }

    /**
     * Shows every key of the data with its value, in the order of the keys, all as of one moment.
     *
     * @param visitor sees them
     * @throws RecoveryException when they cannot be read
     */
    public void scan(Visitor visitor) throws RecoveryException {
        scan(data, visitor);
    }

    private void scan(ColumnFamilyHandle family, Visitor visitor) throws RecoveryException {
        use(open -> {
            try (RocksIterator all = open.newIterator(family)) {
                for (all.seekToFirst(); all.isValid(); all.next()) {
                    visitor.see(ByteBuffer.wrap(all.key()), ByteBuffer.wrap(all.value()));
                }
                all.status();
            } catch (IllegalArgumentException e) {
                throw new CorruptException(String.valueOf(e.getMessage()), directory.toString(), 0);
            }
            return true;
        });
    }

    /**
     * The value of a key of the data.
     *
     * @param key the key
     * @return its value, or empty
     * @throws RecoveryException when it cannot be read
     */
    public Optional<byte[]> get(byte[] key) throws RecoveryException {
        return use(open -> Optional.ofNullable(open.get(data, key)));
    }

    /**
     * The last key of the data and its value, copies.
     *
     * @param visitor sees them, unless there is none
     * @throws RecoveryException when they cannot be read
     */
    public void last(Visitor visitor) throws RecoveryException {
        use(open -> {
            try (RocksIterator all = open.newIterator(data)) {
                all.seekToLast();
                if (all.isValid()) {
                    visitor.see(ByteBuffer.wrap(all.key()), ByteBuffer.wrap(all.value()));
                }
                all.status();
            }
            return true;
        });
    }

    /**
     * Makes a directory with the tables of this moment, by hard links where the file system has them. What is in memory is
     * written out first; nothing must be written meanwhile for the directory to end at {@link #latest} exactly.
     *
     * @param to a directory that is not there yet
     * @throws RecoveryException when it failed; nothing of that name is left
     */
    public void checkpoint(Path to) throws RecoveryException {
        use(open -> {
            try (Checkpoint maker = Checkpoint.create(open)) {
                maker.createCheckpoint(to.toString());
            }
            return true;
        });
    }

    /**
     * Reads every block of every table and compares it with its checksum.
     *
     * @throws CorruptException when one is not what was written
     * @throws RecoveryException when one cannot be read
     */
    public void verify() throws RecoveryException {
        use(open -> {
            open.verifyChecksum();
            return true;
        });
    }

    /**
     * Whether it was closed.
     *
     * @return true once it was
     */
    public boolean isClosed() {
        guard.readLock().lock();
        try {
            return closed;
        } finally {
            guard.readLock().unlock();
        }
    }

    /** Closes the database and everything that was made by it. Waits for calls that are under way. Idempotent. */
    @Override
    public void close() {
        guard.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            streams.forEach(LogStream::closeWithin);
            streams.clear();
            data.close();
            lineage.close();
            db.close();
            options.close();
        } finally {
            guard.writeLock().unlock();
        }
    }
}
