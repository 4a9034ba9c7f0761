package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** Finds the driver that is on the class path and opens it. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public final class RecoveryDrivers {
    private RecoveryDrivers() {}

    /**
     * Opens the only driver that the options' class loader offers.
     *
     * @param options what the host gives
     * @return the open driver, which the host closes
     * @throws RecoveryException when there is no driver, more than one, or it cannot be opened
     */
    public static RecoveryDriver open(DriverOptions options) throws RecoveryException {
        List<RecoveryDriverProvider> found = new ArrayList<>();
        var each = ServiceLoader.load(RecoveryDriverProvider.class, options.loader())
                .iterator();
        try {
            while (each.hasNext()) {
                found.add(each.next());
            }
        } catch (ServiceConfigurationError | LinkageError e) {
            throw new PermanentException("a recovery driver on the class path is broken: " + e, e);
        }
        if (found.size() != 1) {
            throw new PermanentException(
                    found.isEmpty()
                            ? "there is no recovery driver: add the resilver-plugin jar to the class path"
                            : "there is more than one recovery driver, keep one: "
                                    + found.stream()
                                            .map(p -> p.getClass().getName())
                                            .toList());
        }
        return found.get(0).open(options);
    }
}
