package io.resilver.spi.error;

import io.resilver.spi.Api;
import java.time.Duration;

/** It failed this time and may succeed later: a broken connection, a busy peer, a host that is still starting. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public final class RetriableException extends RecoveryException {
    private static final long serialVersionUID = 1L;
    private final Duration after;

    /**
     * It may pass.
     *
     * @param message what failed
     * @param after how long to wait at least; zero leaves it to the policy
     */
    public RetriableException(String message, Duration after) {
        super(message);
        this.after = after;
    }

    /**
     * It may pass.
     *
     * @param message what failed
     * @param after how long to wait at least; zero leaves it to the policy
     * @param cause what it came from
     */
    public RetriableException(String message, Duration after, Throwable cause) {
        super(message, cause);
        this.after = after;
    }

    /**
     * How long to wait at least.
     *
     * @return zero or more
     */
    public Duration after() {
        return after;
    }
}
