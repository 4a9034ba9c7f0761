package io.resilver.host.volume.tck.broken;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.BasePin;
import java.nio.ByteBuffer;

/** Forwards to a base pin. */
class WrappedBasePin implements BasePin {
    private final BasePin right;

    WrappedBasePin(BasePin right) {
        this.right = right;
    }

    @Override
    public BaseDescriptor base() {
        return right.base();
    }

    @Override
    public int read(long offset, ByteBuffer into) throws RecoveryException {
        return right.read(offset, into);
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
