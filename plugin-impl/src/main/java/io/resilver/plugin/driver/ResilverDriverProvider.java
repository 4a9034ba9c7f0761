package io.resilver.plugin.driver;

import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.driver.RecoveryDriver;
import io.resilver.spi.driver.RecoveryDriverProvider;
import io.resilver.spi.error.RecoveryException;

/** Finds this driver. */
public final class ResilverDriverProvider implements RecoveryDriverProvider {
    /** Does nothing; called by the service loader. */
    public ResilverDriverProvider() {}

    @Override
    public String name() {
        return "resilver";
    }

    @Override
    public RecoveryDriver open(DriverOptions options) throws RecoveryException {
        return ResilverDriver.open(options);
    }
}
