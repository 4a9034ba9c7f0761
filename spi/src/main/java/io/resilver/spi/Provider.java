package io.resilver.spi;

import io.resilver.spi.error.RecoveryException;

/**
 * What {@link java.util.ServiceLoader} finds: a cheap object that says who it is and opens the real thing.
 *
 * <p>A provider has a public constructor without arguments that does no I/O, starts no thread and cannot fail for a
 * reason that depends on the machine. It is named in a file {@code META-INF/services/<interface name>} of its jar.
 *
 * @param <T> what it opens
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface Provider<T> {
    /**
     * The name by which configuration selects this provider, lower case, for example {@code file}.
     *
     * @return a name, the same at every call
     */
    String name();

    /**
     * The version of the SPI that it was written against.
     *
     * @return the version, usually {@link SpiVersion#CURRENT} of the jar that it was compiled with
     */
    default SpiVersion spiVersion() {
        return SpiVersion.CURRENT;
    }

    /**
     * Opens the real thing. Called once for each driver, by the thread that opens the driver; may block on I/O.
     *
     * @param context what the driver lends; valid until what is returned is closed
     * @return the opened thing, which the driver closes
     * @throws RecoveryException when it cannot be opened: nothing is left half open
     */
    T open(ProviderContext context) throws RecoveryException;
}
