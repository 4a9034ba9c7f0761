package io.resilver.rocksdb.engine;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import java.nio.file.Path;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** Turns what RocksDB says into what a caller can act on: by its codes, never by its text. */
final class NativeErrors {
    private NativeErrors() {}

    static RecoveryException translated(RocksDBException e, Path directory) {
        Status status = e.getStatus();
        Status.Code code = status == null ? Status.Code.Undefined : status.getCode();
        Status.SubCode sub = status == null ? Status.SubCode.Undefined : status.getSubCode();
        String said = "RocksDB in " + directory + " says " + code + ": " + e.getMessage();
        if (sub == Status.SubCode.NoSpace) {
            return new ResourceExhaustedException(said + ": free some space", "disk");
        }
        if (code == Status.Code.Corruption) {
            CorruptException corrupt = new CorruptException(
                    said + ": check the disk, move the store's directory away and open the replica again, so that it is"
                            + " rebuilt from another replica",
                    directory.toString(),
                    0);
            corrupt.initCause(e);
            return corrupt;
        }
        return new PermanentException(said, e);
    }
}
