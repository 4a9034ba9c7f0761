package io.resilver.spi.error;

import io.resilver.spi.Api;

/**
 * Two hosts do not trust each other: the certificate of one is not signed by an authority in the other's files, is not valid
 * any more, or names another host. Final like any {@link PermanentException}, for what failed. But what must be changed can
 * be changed at either end and without a restart, and nobody tells this end of it: who wants the connection asks again, seldom.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public final class UntrustedException extends PermanentException {
    private static final long serialVersionUID = 1L;

    /**
     * One of the two must change its files.
     *
     * @param message who does not trust whom, and which files to look at
     */
    public UntrustedException(String message) {
        super(message);
    }

    /**
     * One of the two must change its files.
     *
     * @param message who does not trust whom, and which files to look at
     * @param cause what it came from
     */
    public UntrustedException(String message, Throwable cause) {
        super(message, cause);
    }
}
