package io.resilver.bench.many;

import io.resilver.spi.ProviderContext;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.StorageAdapterProvider;

/** Finds the stores in memory under the name {@code memory}. */
public final class MemoryAdapterProvider implements StorageAdapterProvider {
    /** Found by {@link java.util.ServiceLoader}. */
    public MemoryAdapterProvider() {}

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public StorageAdapter open(ProviderContext context) {
        return new MemoryAdapter();
    }
}
