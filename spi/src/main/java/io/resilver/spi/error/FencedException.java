package io.resilver.spi.error;

import io.resilver.spi.Api;

/** A newer primary has shut this token out. Whoever gets this has been deposed for this volume, and stands down. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public final class FencedException extends RecoveryException {
    private static final long serialVersionUID = 1L;
    private final long promisedEpoch;

    /**
     * A token was refused.
     *
     * @param message which token, at which store
     * @param promisedEpoch the epoch number that the store has promised
     */
    public FencedException(String message, long promisedEpoch) {
        super(message);
        this.promisedEpoch = promisedEpoch;
    }

    /**
     * The epoch number that the store has promised.
     *
     * @return an epoch number
     */
    public long promisedEpoch() {
        return promisedEpoch;
    }
}
