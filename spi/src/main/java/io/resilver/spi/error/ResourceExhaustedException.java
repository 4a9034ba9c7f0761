package io.resilver.spi.error;

import io.resilver.spi.Api;

/** A disk, a pin cap or another bound is used up. It may pass once something is freed. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public final class ResourceExhaustedException extends RecoveryException {
    private static final long serialVersionUID = 1L;
    private final String resource;

    /**
     * A bound was reached.
     *
     * @param message how much was asked for, and what to do
     * @param resource what is used up, for example {@code disk} or {@code pins}
     */
    public ResourceExhaustedException(String message, String resource) {
        super(message);
        this.resource = resource;
    }

    /**
     * What is used up.
     *
     * @return a word
     */
    public String resource() {
        return resource;
    }
}
