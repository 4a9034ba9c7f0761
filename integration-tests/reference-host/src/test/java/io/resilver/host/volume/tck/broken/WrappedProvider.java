package io.resilver.host.volume.tck.broken;

import io.resilver.host.volume.FileAdapter;
import io.resilver.host.volume.FileAdapterProvider;
import io.resilver.spi.ProviderContext;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.StorageAdapterProvider;

/** The file volume's provider, with something in the place of what it opens. */
record WrappedProvider(Seams seams) implements StorageAdapterProvider {
    @Override
    public String name() {
        return "file";
    }

    @Override
    public StorageAdapter open(ProviderContext context) throws RecoveryException {
        return seams.adapter(new WrappedAdapter((FileAdapter) new FileAdapterProvider().open(context), seams));
    }
}
