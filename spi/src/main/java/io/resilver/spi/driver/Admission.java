package io.resilver.spi.driver;

import io.resilver.spi.Api;

/**
 * One pass through the store's gate (R2). While it is open, nobody with a newer token reads the store's position; close
 * it as soon as the change is made.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface Admission extends AutoCloseable {
    /** Leaves the gate. Idempotent; does not block. */
    @Override
    void close();
}
