package io.resilver.replica;

import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.Capability;
import java.util.Set;

/**
 * What the driver knows of the adapter that keeps a host's stores, asked once.
 *
 * @param name its provider's
 * @param capabilities what it declares
 */
public record AdapterTraits(String name, Set<Capability> capabilities) {
    /** Copies the set. */
    public AdapterTraits {
        capabilities = Set.copyOf(capabilities);
    }

    /**
     * Whether it declares something.
     *
     * @param capability what
     * @return whether it may be used
     */
    public boolean declares(Capability capability) {
        return capabilities.contains(capability);
    }

    /**
     * One of its stores.
     *
     * @param replica whose
     * @return its name in errors
     */
    public StoreSite storeOf(ReplicaId replica) {
        return new StoreSite(replica, name);
    }
}
