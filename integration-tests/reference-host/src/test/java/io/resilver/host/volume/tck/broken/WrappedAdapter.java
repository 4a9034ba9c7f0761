package io.resilver.host.volume.tck.broken;

import io.resilver.host.volume.FileAdapter;
import io.resilver.host.volume.FileVolume;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.VolumeStore;
import java.util.ArrayList;
import java.util.List;

/** Forwards to an adapter, and wraps the stores that it opens. */
class WrappedAdapter extends ForwardedAdapter {
    private final FileAdapter right;
    private final Seams seams;
    private final List<WrappedStore> opened = new ArrayList<>();

    WrappedAdapter(FileAdapter right, Seams seams) {
        super(right);
        this.right = right;
        this.seams = seams;
    }

    @Override
    public VolumeStore open(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
        WrappedStore store =
                new WrappedStore((FileVolume) super.open(replica, incarnation), right.directoryOf(replica), seams);
        synchronized (opened) {
            opened.add(store);
        }
        return store;
    }

    @Override
    public void close() throws RecoveryException {
        List<WrappedStore> all;
        synchronized (opened) {
            all = List.copyOf(opened);
            opened.clear();
        }
        for (WrappedStore store : all) {
            store.close();
        }
        super.close();
    }
}
