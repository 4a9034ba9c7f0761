package io.resilver.rocksdb;

import io.resilver.host.disk.FileDisk;
import io.resilver.spi.ProviderContext;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.StorageAdapterProvider;
import java.security.SecureRandom;

/** Finds the RocksDB adapter under the name {@code rocksdb}. */
public final class RocksAdapterProvider implements StorageAdapterProvider {
    /** Found by {@link java.util.ServiceLoader}. */
    public RocksAdapterProvider() {}

    @Override
    public String name() {
        return "rocksdb";
    }

    @Override
    public StorageAdapter open(ProviderContext context) throws RecoveryException {
        RocksOptions options;
        try {
            options = RocksOptions.from(context.configuration());
        } catch (IllegalArgumentException e) {
            throw new PermanentException(String.valueOf(e.getMessage()), e);
        }
        return new RocksAdapter(
                new FileDisk(), context.dataDirectory(), options, new SecureRandom(), context.executor());
    }
}
