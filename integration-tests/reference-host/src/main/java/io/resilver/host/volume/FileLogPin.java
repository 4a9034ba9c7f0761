package io.resilver.host.volume;

import io.resilver.host.volume.log.LogPins;
import io.resilver.host.volume.log.LogReader;
import io.resilver.host.volume.log.SegmentLog;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import java.io.IOException;

/** A hold on the log after an LSN. */
final class FileLogPin implements LogPin {
    private final Store store;
    private final SegmentLog log;
    private final LogPins.Hold hold;

    FileLogPin(Store store, SegmentLog log, LogPins.Hold hold) {
        this.store = store;
        this.log = log;
        this.hold = hold;
    }

    @Override
    public long afterLsn() {
        return hold.afterLsn();
    }

    @Override
    public void advance(long afterLsn) {
        hold.advance(afterLsn);
    }

    @Override
    public EntryCursor open(long afterLsn) throws RecoveryException {
        checkHeld();
        if (afterLsn < hold.afterLsn()) {
            throw new LogTrimmedException(
                    "a cursor after LSN " + afterLsn + " was asked for and the pin holds what follows "
                            + hold.afterLsn(),
                    hold.afterLsn());
        }
        return new Cursor(log.read(afterLsn));
    }

    private void checkHeld() throws RecoveryException {
        store.checkOpen();
        if (!hold.isHeld()) {
            throw new LogTrimmedException(
                    "the log after LSN " + hold.afterLsn() + " is held no more: plan again",
                    log.pins().tail());
        }
    }

    @Override
    public long heldBytes() {
        return hold.isHeld() ? log.sealedBytesAbove(hold.afterLsn()) : 0;
    }

    @Override
    public void close() {
        hold.release();
    }

    private final class Cursor implements EntryCursor {
        private final LogReader reader;
        private boolean closed;

        Cursor(LogReader reader) {
            this.reader = reader;
        }

        @Override
        public EntryBatch next(long upToLsn, int maxBytes) throws RecoveryException {
            if (closed) {
                throw new PermanentException("the cursor is closed: open another one");
            }
            checkHeld();
            return store.reading(() -> {
                try {
                    EntryBatch batch = reader.next(upToLsn, maxBytes);
                    checkHeld();
                    return batch;
                } catch (IOException e) {
                    checkHeld(); // released by somebody else, and trimmed, while it was read
                    throw e;
                }
            });
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
