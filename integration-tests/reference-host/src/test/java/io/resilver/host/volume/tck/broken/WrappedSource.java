package io.resilver.host.volume.tck.broken;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.SourceVolume;

/** Forwards to the reading side of a store, and wraps what it holds. */
class WrappedSource implements SourceVolume {
    private final SourceVolume right;
    private final WrappedStore store;
    private final Seams seams;

    WrappedSource(SourceVolume right, WrappedStore store, Seams seams) {
        this.right = right;
        this.store = store;
        this.seams = seams;
    }

    WrappedSource(SourceVolume right, WrappedStore store) {
        this(right, store, new Seams());
    }

    @Override
    public RetainedHistory history() throws RecoveryException {
        return right.history();
    }

    @Override
    public LogPin pinLog(long afterLsn) throws RecoveryException {
        return seams.logPin(new WrappedLogPin(right.pinLog(afterLsn), store, seams), store);
    }

    @Override
    public BasePin pinSnapshot(long checkpointLsn) throws RecoveryException {
        return right.pinSnapshot(checkpointLsn);
    }

    @Override
    public BasePin pinFullBase(long leastLsn) throws RecoveryException {
        return seams.fullBase(right.pinFullBase(leastLsn), store);
    }

    @Override
    public AutoCloseable onAppend(Runnable listener) throws RecoveryException {
        return right.onAppend(listener);
    }
}
