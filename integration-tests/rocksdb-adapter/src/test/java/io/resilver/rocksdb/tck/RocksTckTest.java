package io.resilver.rocksdb.tck;

import io.resilver.tck.StorageAdapterTck;
import io.resilver.tck.TckFixture;

/** The RocksDB adapter keeps the contract of a storage adapter. */
class RocksTckTest extends StorageAdapterTck {
    @Override
    public TckFixture fixture() {
        return new RocksFixture();
    }
}
