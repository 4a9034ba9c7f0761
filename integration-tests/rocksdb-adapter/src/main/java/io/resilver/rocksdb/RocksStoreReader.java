package io.resilver.rocksdb;

import io.resilver.host.disk.FileDisk;
import io.resilver.rocksdb.engine.Engine;
import io.resilver.rocksdb.meta.StoreMetaFile;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Reads a store beside whoever has it open, from its files alone, and changes nothing. It sees what was written, durable or not. A
 * store that changes its files meanwhile may make a look fail: look again. Thread safe; blocks on I/O.
 */
public final class RocksStoreReader {
    private final Layout layout;

    /**
     * A reader; does no I/O.
     *
     * @param directory the store's own directory
     */
    public RocksStoreReader(Path directory) {
        this.layout = new Layout(directory);
    }

    /**
     * The last LSN in the files.
     *
     * @return 0 for an empty log
     * @throws RecoveryException when they cannot be read
     */
    public long latest() throws RecoveryException {
        try (Engine engine = engine()) {
            return engine.latest();
        }
    }

    /**
     * Shows every key with its value, in the order of the keys.
     *
     * @param visitor sees them
     * @return the last LSN in what was shown
     * @throws RecoveryException when they cannot be read
     */
    public long scan(Engine.Visitor visitor) throws RecoveryException {
        try (Engine engine = engine()) {
            engine.scan(visitor);
            return engine.latest();
        }
    }

    private Engine engine() throws RecoveryException {
        try {
            return Engine.openToRead(layout.database(StoreMetaFile.read(new FileDisk(), layout.directory())
                    .content()
                    .generation()));
        } catch (IOException e) {
            throw Store.translated(e, layout);
        }
    }
}
