package io.resilver.spi.storage;

import io.resilver.spi.Api;
import io.resilver.spi.error.RecoveryException;

/** Holds the log after an LSN. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface LogPin extends Pin {
    /**
     * The exclusive lower bound of what is held.
     *
     * @return an LSN
     */
    long afterLsn();

    /**
     * Lets go of what the target has made durable; never moves back.
     *
     * @param afterLsn the new exclusive lower bound; one below the present bound changes nothing
     */
    void advance(long afterLsn);

    /**
     * Opens a reader. Several may be open at a time, each for one thread at a time.
     *
     * @param afterLsn where to begin, exclusive, at or above {@link #afterLsn()}
     * @return a cursor, which the caller closes
     * @throws io.resilver.spi.error.LogTrimmedException when the pin was revoked or closed
     * @throws RecoveryException for any other reason
     */
    EntryCursor open(long afterLsn) throws RecoveryException;
}
