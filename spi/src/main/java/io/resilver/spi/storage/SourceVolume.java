package io.resilver.spi.storage;

import io.resilver.spi.Api;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.RetainedHistory;

/**
 * The reading side of a store. Thread safe. Nothing here changes the log or the image; a pin holds back trimming and
 * reuse only.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface SourceVolume {
    /**
     * What the log and the checkpoints hold now, read together at one moment. {@code committedLsn} is the store's own
     * durable lower bound; the driver replaces it by the boundary of the primary that it serves. May block on I/O.
     *
     * @return a consistent history
     * @throws RecoveryException when it cannot be read
     */
    RetainedHistory history() throws RecoveryException;

    /**
     * Holds every entry after an LSN, those that are still to come included, until the pin is closed or revoked.
     *
     * @param afterLsn exclusive
     * @return the pin
     * @throws io.resilver.spi.error.LogTrimmedException when the log's tail is already above {@code afterLsn}
     * @throws RecoveryException for any other reason; nothing is held
     */
    LogPin pinLog(long afterLsn) throws RecoveryException;

    /**
     * Holds the newest checkpoint image, which must be at exactly this LSN.
     *
     * @param checkpointLsn the LSN from the history that the plan was made from
     * @return the pin, whose image stays as it is while writes go on
     * @throws io.resilver.spi.error.RetriableException when there is a newer checkpoint: plan again
     * @throws RecoveryException for any other reason, also when {@link Capability#SNAPSHOT} is not declared,
     *     which is the default
     */
    default BasePin pinSnapshot(long checkpointLsn) throws RecoveryException {
        throw new PermanentException(
                "this storage engine keeps no checkpoint as a base, it does not declare SNAPSHOT: one at LSN "
                        + checkpointLsn + " was asked for");
    }

    /**
     * Freezes the image as of some LSN that is at least as high as asked, and holds it. An image that holds only what is
     * known to be committed is better; one that may hold more is allowed, and the target's floor becomes its LSN.
     *
     * @param leastLsn the least acceptable LSN, at most the log's head
     * @return the pin; {@code base().lsn()} is at least {@code leastLsn}
     * @throws RecoveryException when it cannot be frozen; nothing is held
     */
    BasePin pinFullBase(long leastLsn) throws RecoveryException;

    /**
     * Asks to be told when new entries are durable. A hint: calls may be late, merged, or come from any thread, and the
     * listener returns at once.
     *
     * @param listener what to call
     * @return closes the registration; idempotent
     * @throws RecoveryException when {@link Capability#APPEND_NOTIFICATION} is not declared, which is the default
     */
    default AutoCloseable onAppend(Runnable listener) throws RecoveryException {
        throw new PermanentException(
                "this storage engine tells nobody of entries, it does not declare APPEND_NOTIFICATION: ask");
    }
}
