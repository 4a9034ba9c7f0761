package io.resilver.rocksdb.engine;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.TransactionLogIterator;
import org.rocksdb.WriteBatch;

/**
 * Reads the log's batches forwards, while others are written. Whether they follow each other without a gap is the caller's
 * question: RocksDB begins later than it was asked to where files are gone. Thread safe: a close waits for a read that is under
 * way. The engine closes what is still open when it closes itself.
 */
public final class LogStream implements AutoCloseable {
    /** A second iterator sees the files that came after the first was made. */
    private static final int ROUNDS = 2;

    private final Engine engine;
    private @Nullable TransactionLogIterator iterator;
    private boolean taken;
    private boolean closed;

    LogStream(Engine engine) {
        this.engine = engine;
    }

    /**
     * The next batch that takes sequence numbers. Blocks on I/O.
     *
     * @param from batches that end below this sequence number are gone past; never falls from call to call
     * @return the batch, or empty at the end of what was written so far
     * @throws RecoveryException when the log cannot be read
     */
    public Optional<Update> next(long from) throws RecoveryException {
        return engine.use(db -> within(db, from)); // the engine's guard first, then this stream's: as a close has them
    }

    private synchronized Optional<Update> within(RocksDB db, long from) throws RocksDBException, PermanentException {
        if (closed) {
            throw new PermanentException("the stream of the log in " + engine.directory() + " is closed");
        }
        boolean whole = false;
        try {
            Optional<Update> found = found(db, from);
            whole = true;
            return found;
        } finally {
            if (!whole) {
                drop(); // one that failed would say so for ever
            }
        }
    }

    private Optional<Update> found(RocksDB db, long from) throws RocksDBException {
        for (int round = 0; round < ROUNDS; round++) {
            TransactionLogIterator current = iterator;
            if (current == null) {
                if (from > db.getLatestSequenceNumber()) {
                    return Optional.empty();
                }
                current = db.getUpdatesSince(from);
                iterator = current;
                taken = false;
            }
            Optional<Update> found = seek(current, from);
            if (found.isPresent()) {
                return found;
            }
            drop();
        }
        return Optional.empty();
    }

    private Optional<Update> seek(TransactionLogIterator in, long from) throws RocksDBException {
        if (taken) {
            in.next();
        }
        for (; in.isValid(); in.next()) {
            TransactionLogIterator.BatchResult result = in.getBatch();
            try (WriteBatch batch = result.writeBatch()) {
                taken = true;
                int count = batch.count();
                // Also RocksDB's own: it begins a log file with an empty one after a crash.
                if (count > 0 && result.sequenceNumber() + count > from) {
                    return Optional.of(new Update(result.sequenceNumber(), count, ByteBuffer.wrap(batch.data())));
                }
            }
        }
        statusOf(in);
        return Optional.empty();
    }

    private static void statusOf(TransactionLogIterator in) throws RocksDBException {
        try {
            in.status();
        } catch (RocksDBException e) {
            // It says so where files came since it was made, and where nothing follows yet.
            Status status = e.getStatus();
            if (status == null
                    || (status.getCode() != Status.Code.TryAgain && status.getCode() != Status.Code.NotFound)) {
                throw e;
            }
        }
    }

    private void drop() {
        if (iterator != null) {
            iterator.close();
            iterator = null;
        }
    }

    /** Within the engine's guard. */
    synchronized void closeWithin() {
        closed = true;
        drop();
    }

    /** Idempotent; does not fail. */
    @Override
    public void close() {
        engine.forget(this);
    }
}
