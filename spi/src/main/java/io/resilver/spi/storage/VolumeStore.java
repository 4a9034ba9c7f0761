package io.resilver.spi.storage;

import io.resilver.spi.Api;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;

/** The open store of one replica. Both sides show the same log and image. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface VolumeStore extends AutoCloseable {
    /**
     * Whose store this is.
     *
     * @return the replica
     */
    ReplicaId replica();

    /**
     * The side that is read when this replica is the source of a recovery.
     *
     * @return the same object at every call
     */
    SourceVolume source();

    /**
     * The side that is changed when this replica is the target of a recovery, or follows in keep-up.
     *
     * @return the same object at every call
     */
    ReplicaVolume target();

    /**
     * Makes durable what was appended and closes the store; pins and staged installs that are still open are closed.
     * Idempotent; blocks on I/O; afterwards every call on either side fails with a {@link
     * io.resilver.spi.error.PermanentException}.
     *
     * @throws RecoveryException when something could not be made durable
     */
    @Override
    void close() throws RecoveryException;
}
