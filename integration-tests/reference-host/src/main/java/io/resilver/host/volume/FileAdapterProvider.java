package io.resilver.host.volume;

import io.resilver.host.disk.FileDisk;
import io.resilver.spi.ProviderContext;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.StorageAdapterProvider;
import java.security.SecureRandom;

/** Finds the file volume under the name {@code file}. */
public final class FileAdapterProvider implements StorageAdapterProvider {
    /** Found by {@link java.util.ServiceLoader}. */
    public FileAdapterProvider() {}

    @Override
    public String name() {
        return "file";
    }

    @Override
    public StorageAdapter open(ProviderContext context) throws RecoveryException {
        VolumeOptions options;
        try {
            options = VolumeOptions.from(context.configuration());
        } catch (IllegalArgumentException e) {
            throw new PermanentException(String.valueOf(e.getMessage()), e);
        }
        return new FileAdapter(
                new FileDisk(), context.dataDirectory(), options, new SecureRandom(), context.executor());
    }
}
