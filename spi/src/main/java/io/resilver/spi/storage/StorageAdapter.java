package io.resilver.spi.storage;

import io.resilver.spi.Api;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import java.util.Set;

/**
 * A storage engine on one host. Thread safe: stores of different replicas are opened and used at the same time.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface StorageAdapter extends AutoCloseable {
    /**
     * What the engine can do beyond the minimum. A capability that is not declared is not used.
     *
     * @return the same set at every call
     */
    Set<Capability> capabilities();

    /**
     * Opens the store of a replica, and creates an empty one where there is none. Runs the engine's crash recovery: when
     * this returns, history and position tell what is durable. At most one open store a replica: a second open is a
     * {@link io.resilver.spi.error.PermanentException}. Blocks on I/O. Does not raise the store's open count.
     *
     * @param replica which replica
     * @param incarnation which incarnation of its volume; a store of another is refused, unchanged, with a {@link
     *     io.resilver.spi.error.PermanentException} that names both
     * @return the open store, which the driver closes
     * @throws RecoveryException when it cannot be opened; corrupt data is named and left unchanged
     */
    VolumeStore open(ReplicaId replica, Incarnation incarnation) throws RecoveryException;

    /**
     * Removes the store of a replica with everything in it, when it is there and of an incarnation; a store of any other is
     * left as it is. The store must be closed. Blocks on I/O. Idempotent. On return its end is durable; after a crash
     * before that the store is whole, or gone, or a second call finishes the work.
     *
     * @param replica which replica
     * @param incarnation the incarnation that is meant; never another one
     * @return whether there was such a store
     * @throws PermanentException when it is open, or this engine cannot remove stores, which is the default: then a person
     *     removes it
     * @throws RecoveryException when it cannot be read or removed
     */
    default boolean remove(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
        throw new PermanentException("this storage adapter removes no stores: remove what it keeps of replica "
                + replica + ", incarnation " + incarnation + ", by its own means");
    }

    /**
     * Closes the engine and every store that is still open. Idempotent; blocks on I/O; afterwards every call fails.
     *
     * @throws RecoveryException when something could not be made durable
     */
    @Override
    void close() throws RecoveryException;
}
