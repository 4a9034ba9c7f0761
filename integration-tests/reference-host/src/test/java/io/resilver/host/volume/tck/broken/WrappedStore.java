package io.resilver.host.volume.tck.broken;

import io.resilver.host.volume.FileVolume;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.VolumeStore;
import java.nio.file.Path;

/** Forwards to a store, and wraps its sides. A break may have something done before it is closed. */
class WrappedStore implements VolumeStore {
    private final FileVolume right;
    private final Path directory;
    private final SourceVolume source;
    private final ReplicaVolume target;
    private BeforeClose beforeClose = () -> {};
    private volatile boolean closed;

    interface BeforeClose {
        void run() throws RecoveryException;
    }

    WrappedStore(FileVolume right, Path directory, Seams seams) {
        this.right = right;
        this.directory = directory;
        this.source = seams.source(new WrappedSource(right.source(), this, seams), this);
        this.target = seams.target(new WrappedTarget(right.target(), this, seams), this);
    }

    FileVolume right() {
        return right;
    }

    /** A file of it that is always there. */
    Path meta() {
        return directory.resolve("meta");
    }

    boolean isClosed() {
        return closed;
    }

    void beforeClose(BeforeClose work) {
        beforeClose = work;
    }

    @Override
    public ReplicaId replica() {
        return right.replica();
    }

    @Override
    public SourceVolume source() {
        return source;
    }

    @Override
    public ReplicaVolume target() {
        return target;
    }

    @Override
    public void close() throws RecoveryException {
        closed = true;
        BeforeClose work = beforeClose;
        beforeClose = () -> {};
        work.run();
        right.close();
    }
}
