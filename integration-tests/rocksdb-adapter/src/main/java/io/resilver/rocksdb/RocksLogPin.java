package io.resilver.rocksdb;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;

/** A hold on the log after an LSN. */
final class RocksLogPin implements LogPin {
    private final Store store;
    private final Store.Live live;
    private final LogPins.Hold hold;

    RocksLogPin(Store store, Store.Live live, LogPins.Hold hold) {
        this.store = store;
        this.live = live;
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
        try {
            return new LogCursor(this, live, afterLsn);
        } catch (RecoveryException e) {
            checkHeld(); // an install took the log away meanwhile
            throw e;
        }
    }

    void checkHeld() throws RecoveryException {
        store.checkOpen();
        if (!hold.isHeld()) {
            throw new LogTrimmedException(
                    "the log after LSN " + hold.afterLsn() + " is held no more: plan again",
                    live.pins().tail().lsn());
        }
    }

    @Override
    public long heldBytes() {
        return hold.isHeld() ? live.log().marks().bytesAfter(hold.afterLsn()) : 0;
    }

    @Override
    public void close() {
        hold.release();
    }
}
