package io.resilver.spi.vendor;

import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.driver.RecoveryDriver;
import io.resilver.spi.driver.RecoveryDriverProvider;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;

/** A driver whose opening says what it was given. */
public class DriverOfA implements RecoveryDriverProvider {
    @Override
    public String name() {
        return "a";
    }

    @Override
    public RecoveryDriver open(DriverOptions options) throws RecoveryException {
        throw new ResourceExhaustedException("driver a was opened for " + options.host(), "test");
    }
}
