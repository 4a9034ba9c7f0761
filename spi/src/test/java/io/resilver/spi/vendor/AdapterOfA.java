package io.resilver.spi.vendor;

import io.resilver.spi.ProviderContext;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.StorageAdapterProvider;

/** A provider that tests pack into a jar. The other adapters of this package differ in one way each. */
public class AdapterOfA implements StorageAdapterProvider {
    @Override
    public String name() {
        return "a";
    }

    @Override
    public StorageAdapter open(ProviderContext context) throws RecoveryException {
        throw new PermanentException("tests only look for providers");
    }
}
