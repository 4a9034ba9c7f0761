package io.resilver.spi.error;

import io.resilver.spi.Api;

/**
 * The root of everything that a recovery, an adapter or a driver reports. It is sealed: a caller can decide by type, and
 * does so exhaustively.
 *
 * <p>An unchecked exception from a provider is taken as a {@link PermanentException} of that one recovery; it never ends
 * the host.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public abstract sealed class RecoveryException extends Exception
        permits LogTrimmedException,
                TruncationUnsafeException,
                CorruptException,
                FencedException,
                ResourceExhaustedException,
                BudgetExceededException,
                CancelledException,
                RetriableException,
                PermanentException {
    private static final long serialVersionUID = 1L;

    /**
     * For the subclasses.
     *
     * @param message what was wrong, where, and what to do
     */
    protected RecoveryException(String message) {
        super(message);
    }

    /**
     * For the subclasses.
     *
     * @param message what was wrong, where, and what to do
     * @param cause what it came from
     */
    protected RecoveryException(String message, Throwable cause) {
        super(message, cause);
    }
}
