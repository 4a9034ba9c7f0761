package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.error.RecoveryException;

/**
 * Finds the driver. Named in {@code META-INF/services/io.resilver.spi.driver.RecoveryDriverProvider} of the jar that a
 * host drops in. A provider is cheap to make: no I/O, no thread.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface RecoveryDriverProvider {
    /**
     * The driver's name.
     *
     * @return {@code resilver} for the built-in one
     */
    String name();

    /**
     * Opens a driver: checks the configuration, opens adapter, policy and sinks, connects to the coordination service
     * and listens for other hosts. Blocks, at most as long as the configured time for connecting. When it throws,
     * nothing is left half started.
     *
     * @param options what the host gives
     * @return the open driver, which the host closes
     * @throws RecoveryException naming what is wrong: a key and its value, a port, a directory, a connection
     */
    RecoveryDriver open(DriverOptions options) throws RecoveryException;
}
