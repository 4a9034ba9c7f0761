package io.resilver.host.volume.tck.broken;

import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.StagedInstall;
import io.resilver.spi.storage.StorageAdapter;

/** Where a break puts its own thing in the place of the right one. By default nothing is replaced. */
class Seams {
    StorageAdapter adapter(StorageAdapter right) {
        return right;
    }

    SourceVolume source(SourceVolume right, WrappedStore store) {
        return right;
    }

    ReplicaVolume target(ReplicaVolume right, WrappedStore store) {
        return right;
    }

    LogPin logPin(LogPin right, WrappedStore store) {
        return right;
    }

    EntryCursor cursor(EntryCursor right, WrappedStore store) {
        return right;
    }

    BasePin fullBase(BasePin right, WrappedStore store) {
        return right;
    }

    StagedInstall install(StagedInstall right, WrappedStore store) {
        return right;
    }
}
