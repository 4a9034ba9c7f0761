package io.resilver.bench.many;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;

/** A hold on a log in memory. */
final class MemoryPin implements LogPin {
    private final MemoryStore store;
    private volatile long afterLsn;

    MemoryPin(MemoryStore store, long afterLsn) {
        this.store = store;
        this.afterLsn = afterLsn;
    }

    @Override
    public long afterLsn() {
        return afterLsn;
    }

    @Override
    public synchronized void advance(long lsn) {
        afterLsn = Math.max(afterLsn, lsn);
    }

    @Override
    public EntryCursor open(long fromLsn) throws RecoveryException {
        if (fromLsn < afterLsn) {
            throw new PermanentException("a cursor after LSN " + fromLsn + " on a pin after " + afterLsn);
        }
        return new Cursor(fromLsn);
    }

    @Override
    public long heldBytes() {
        return store.bytesAfter(afterLsn);
    }

    @Override
    public void close() {
        store.unpin(this);
    }

    private final class Cursor implements EntryCursor {
        private long lsn;
        private boolean closed;

        private Cursor(long lsn) {
            this.lsn = lsn;
        }

        @Override
        public EntryBatch next(long upToLsn, int maxBytes) throws RecoveryException {
            if (closed) {
                throw new PermanentException("the cursor is closed");
            }
            EntryBatch batch = store.read(MemoryPin.this, lsn, upToLsn, maxBytes);
            lsn = batch.last().lsn();
            return batch;
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
