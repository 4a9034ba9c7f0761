package io.resilver.spi.error;

import io.resilver.spi.Api;

/**
 * The log no longer holds what was asked for. Retrying the same range can never succeed; a recovery replans, which
 * usually means a rebuild.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public final class LogTrimmedException extends RecoveryException {
    private static final long serialVersionUID = 1L;
    private final long oldestLsn;

    /**
     * The log begins later than what was asked for.
     *
     * @param message what was asked for, of which log
     * @param oldestLsn the exclusive lower bound of what is still held: entries above it can be read
     */
    public LogTrimmedException(String message, long oldestLsn) {
        super(message);
        this.oldestLsn = oldestLsn;
    }

    /**
     * The exclusive lower bound of what is still held.
     *
     * @return an LSN
     */
    public long oldestLsn() {
        return oldestLsn;
    }
}
