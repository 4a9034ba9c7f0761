package io.resilver.host.volume;

import io.resilver.host.volume.image.Freeze;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.BasePin;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** A frozen view of the image. */
final class FileBasePin implements BasePin {
    private final Store store;
    private final Freeze freeze;
    private final BaseDescriptor base;
    private final Consumer<FileBasePin> onClose;
    private final AtomicBoolean closed = new AtomicBoolean();

    FileBasePin(Store store, Freeze freeze, BaseDescriptor base, Consumer<FileBasePin> onClose) {
        this.store = store;
        this.freeze = freeze;
        this.base = base;
        this.onClose = onClose;
    }

    @Override
    public BaseDescriptor base() {
        return base;
    }

    @Override
    public int read(long offset, ByteBuffer into) throws RecoveryException {
        store.checkOpen();
        checkHeld();
        return store.reading(() -> {
            try {
                return freeze.read(offset, into);
            } catch (IOException e) {
                checkHeld(); // closed by somebody else while it was read
                throw e;
            }
        });
    }

    private void checkHeld() throws LogTrimmedException {
        if (closed.get() || !freeze.isOpen()) {
            throw new LogTrimmedException("the base at LSN " + base.lsn() + " is held no more: plan again", base.lsn());
        }
    }

    @Override
    public long heldBytes() {
        return closed.get() ? 0 : freeze.heldBytes();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            freeze.release();
            onClose.accept(this);
        }
    }
}
