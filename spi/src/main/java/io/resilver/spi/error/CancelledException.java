package io.resilver.spi.error;

import io.resilver.spi.Api;

/** The recovery was ended on purpose: by the host, an operator, a newer assignment or a closing driver. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public final class CancelledException extends RecoveryException {
    private static final long serialVersionUID = 1L;

    /**
     * Somebody ended it.
     *
     * @param message who, and why
     */
    public CancelledException(String message) {
        super(message);
    }
}
