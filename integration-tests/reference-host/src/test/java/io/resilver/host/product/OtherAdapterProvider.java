package io.resilver.host.product;

import io.resilver.host.volume.FileAdapterProvider;
import io.resilver.spi.ProviderContext;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.StorageAdapterProvider;
import io.resilver.spi.storage.VolumeStore;
import java.util.Set;

/** An adapter of somebody else, named {@code other}. It keeps what it has in files too. */
public final class OtherAdapterProvider implements StorageAdapterProvider {
    /** Found by {@link java.util.ServiceLoader}. */
    public OtherAdapterProvider() {}

    @Override
    public String name() {
        return "other";
    }

    @Override
    public StorageAdapter open(ProviderContext context) throws RecoveryException {
        return new OtherAdapter(new FileAdapterProvider().open(context));
    }

    private record OtherAdapter(StorageAdapter files) implements StorageAdapter {
        @Override
        public Set<Capability> capabilities() {
            return files.capabilities();
        }

        @Override
        public VolumeStore open(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
            return files.open(replica, incarnation);
        }

        @Override
        public void close() throws RecoveryException {
            files.close();
        }
    }
}
