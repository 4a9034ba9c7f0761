package io.resilver.host.volume.tck.broken;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.util.BitSet;

/** Forwards to a staged install. */
class WrappedInstall implements StagedInstall {
    private final StagedInstall right;

    WrappedInstall(StagedInstall right) {
        this.right = right;
    }

    @Override
    public BaseDescriptor base() {
        return right.base();
    }

    @Override
    public BitSet durableRanges() {
        return right.durableRanges();
    }

    @Override
    public void write(long index, ByteBuffer data) throws RecoveryException {
        right.write(index, data);
    }

    @Override
    public void read(long index, ByteBuffer into) throws RecoveryException {
        right.read(index, into);
    }

    @Override
    public long candidates() {
        return right.candidates();
    }

    @Override
    public boolean candidate(long index, ByteBuffer into) throws RecoveryException {
        return right.candidate(index, into);
    }

    @Override
    public boolean keep(long index) throws RecoveryException {
        return right.keep(index);
    }

    @Override
    public void flush() throws RecoveryException {
        right.flush();
    }

    @Override
    public void commit() throws RecoveryException {
        right.commit();
    }

    @Override
    public void discard() throws RecoveryException {
        right.discard();
    }

    @Override
    public void close() {
        right.close();
    }
}
