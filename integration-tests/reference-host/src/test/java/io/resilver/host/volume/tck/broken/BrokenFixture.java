package io.resilver.host.volume.tck.broken;

import io.resilver.host.volume.FileVolume;
import io.resilver.host.volume.tck.FileFixture;
import io.resilver.spi.storage.StorageAdapterProvider;
import io.resilver.spi.storage.VolumeStore;

/** The file volume's fixture with a broken adapter around it. Each break is a subclass, so that a process of its own can make it. */
abstract class BrokenFixture extends FileFixture {
    private final Seams seams;

    BrokenFixture(Seams seams) {
        this.seams = seams;
    }

    @Override
    public StorageAdapterProvider provider() {
        return new WrappedProvider(seams);
    }

    @Override
    protected FileVolume volume(VolumeStore store) {
        return ((WrappedStore) store).right();
    }
}
