package io.resilver.rocksdb;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.BasePin;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** A hold on a checkpoint. */
final class RocksBasePin implements BasePin {
    private final Store store;
    private final HeldCheckpoint checkpoint;
    private final BaseDescriptor base;
    private final Consumer<RocksBasePin> onClose;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Takes over one hold of the checkpoint. */
    RocksBasePin(Store store, HeldCheckpoint checkpoint, BaseDescriptor base, Consumer<RocksBasePin> onClose) {
        this.store = store;
        this.checkpoint = checkpoint;
        this.base = base;
        this.onClose = onClose;
    }

    @Override
    public BaseDescriptor base() {
        return base;
    }

    @Override
    public int read(long offset, ByteBuffer into) throws RecoveryException {
        checkHeld();
        return store.reading(() -> {
            try {
                return checkpoint.image().read(offset, into);
            } catch (IOException | RecoveryException e) {
                checkHeld(); // closed by somebody else, and deleted, while it was read
                throw e;
            }
        });
    }

    private void checkHeld() throws RecoveryException {
        store.checkOpen();
        if (closed.get()) {
            throw new LogTrimmedException("the base at LSN " + base.lsn() + " is held no more: plan again", base.lsn());
        }
    }

    @Override
    public long heldBytes() {
        return closed.get() ? 0 : checkpoint.image().ownBytes();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            checkpoint.release();
            onClose.accept(this);
        }
    }
}
