package io.resilver.host.volume.tck.broken;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;

/** Forwards to a log pin, and wraps its cursors. */
class WrappedLogPin implements LogPin {
    private final LogPin right;
    private final WrappedStore store;
    private final Seams seams;

    WrappedLogPin(LogPin right, WrappedStore store, Seams seams) {
        this.right = right;
        this.store = store;
        this.seams = seams;
    }

    WrappedLogPin(LogPin right, WrappedStore store) {
        this(right, store, new Seams());
    }

    @Override
    public long afterLsn() {
        return right.afterLsn();
    }

    @Override
    public void advance(long afterLsn) {
        right.advance(afterLsn);
    }

    @Override
    public EntryCursor open(long afterLsn) throws RecoveryException {
        return seams.cursor(right.open(afterLsn), store);
    }

    @Override
    public long heldBytes() {
        return right.heldBytes();
    }

    @Override
    public void close() {
        right.close();
    }
}
