package io.resilver.host.volume.tck;

import io.resilver.tck.StorageAdapterTck;
import io.resilver.tck.TckFixture;

/** The file volume keeps the contract of a storage adapter. */
class FileVolumeTckTest extends StorageAdapterTck {
    @Override
    public TckFixture fixture() {
        return new FileFixture();
    }
}
