package io.resilver.spi.error;

import io.resilver.spi.Api;

/** It cannot succeed until a person or the host product changes something; the message says what. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public sealed class PermanentException extends RecoveryException permits UntrustedException {
    private static final long serialVersionUID = 1L;

    /**
     * Something must be changed first.
     *
     * @param message what is wrong and what to do
     */
    public PermanentException(String message) {
        super(message);
    }

    /**
     * Something must be changed first.
     *
     * @param message what is wrong and what to do
     * @param cause what it came from
     */
    public PermanentException(String message, Throwable cause) {
        super(message, cause);
    }
}
