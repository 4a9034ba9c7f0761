package io.resilver.spi;

import io.resilver.spi.model.HostId;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * What a driver lends to a provider. The driver implements it, so that it can grow without breaking providers.
 * All methods are thread safe and do not block.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface ProviderContext {
    /**
     * The host on which this driver runs.
     *
     * @return the configured, stable host id
     */
    HostId host();

    /**
     * The keys that belong to this provider, with their prefix stripped: the adapter named {@code file} sees
     * {@code resilver.adapter.file.segment-bytes} as {@code segment-bytes}.
     *
     * @return the provider's own configuration; a key that is never asked for is reported as unknown at start
     */
    Configuration configuration();

    /**
     * The time. Never use the machine's clock directly: under test the clock is simulated.
     *
     * @return a monotonic clock
     */
    MonotonicClock clock();

    /**
     * Runs tasks that may block on I/O. Bounded and shared; the driver owns it and its threads.
     *
     * @return an executor
     */
    Executor executor();

    /**
     * A directory that is this provider's own, which it may create and which outlives the process.
     *
     * @return an absolute path
     */
    Path dataDirectory();

    /**
     * An object that the host lent to the driver, for a provider that the host product brings itself.
     *
     * @param type its type, as given when the driver was opened
     * @param <T> its type
     * @return the object, or empty
     */
    <T> Optional<T> lent(Class<T> type);
}
