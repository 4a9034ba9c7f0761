package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.search.ServiceSearch;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.stream.Collectors;

/** Finds the driver that is on the class path and opens it. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public final class RecoveryDrivers {
    private static final Logger LOG = System.getLogger(RecoveryDrivers.class.getName());

    private RecoveryDrivers() {}

    /**
     * Opens the only driver that works among those that the options' class loader offers. A broken one beside it is logged
     * and left out.
     *
     * @param options what the host gives
     * @return the open driver, which the host closes
     * @throws RecoveryException when there is no driver, more than one, or it cannot be opened; with name, class
     *     and jar of each
     */
    public static RecoveryDriver open(DriverOptions options) throws RecoveryException {
        ServiceSearch<RecoveryDriverProvider> search =
                ServiceSearch.in(RecoveryDriverProvider.class, options.loader(), RecoveryDriverProvider::name);
        if (search.found().size() == 1) {
            search.broken()
                    .forEach(each ->
                            LOG.log(Level.WARNING, "A recovery driver is broken and was left out: {0}", each.line()));
            return search.found().get(0).open(options);
        }
        throw refused(search);
    }

    private static PermanentException refused(ServiceSearch<RecoveryDriverProvider> search) {
        String broken = search.broken().stream().map(ServiceSearch.Broken::line).collect(Collectors.joining("; "));
        if (!search.found().isEmpty()) {
            return new PermanentException("there is more than one recovery driver, keep the jar of one: "
                    + search.found().stream()
                            .map(each -> "'" + each.name() + "' (" + ServiceSearch.place(each) + ")")
                            .collect(Collectors.joining("; "))
                    + (broken.isEmpty() ? "" : ". Broken: " + broken));
        }
        if (broken.isEmpty()) {
            return new PermanentException("there is no recovery driver: add the resilver-plugin jar to the class path");
        }
        String message = "there is no recovery driver that works: replace its jar. Broken: " + broken;
        return search.broken().stream()
                .flatMap(each -> each.error().stream())
                .findFirst()
                .map(cause -> new PermanentException(message, cause))
                .orElseGet(() -> new PermanentException(message));
    }
}
