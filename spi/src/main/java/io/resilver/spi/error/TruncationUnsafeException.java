package io.resilver.spi.error;

import io.resilver.spi.Api;

/** The store cannot undo that far, or the engine cannot truncate at all. Nothing was changed; a rebuild is needed. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public final class TruncationUnsafeException extends RecoveryException {
    private static final long serialVersionUID = 1L;
    private final long floorLsn;

    /**
     * The store refuses to truncate.
     *
     * @param message what was asked for, of which store
     * @param floorLsn the least LSN to which it could truncate
     */
    public TruncationUnsafeException(String message, long floorLsn) {
        super(message);
        this.floorLsn = floorLsn;
    }

    /**
     * The least LSN to which the store could truncate.
     *
     * @return an LSN
     */
    public long floorLsn() {
        return floorLsn;
    }
}
