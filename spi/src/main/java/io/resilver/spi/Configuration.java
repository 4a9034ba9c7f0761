package io.resilver.spi;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Typed reading of configuration keys. Units are in the names of the keys ({@code -ms}, {@code -bytes}). Asking for a
 * key makes it known; after all providers are open, the driver refuses keys that nobody asked for, and names the nearest
 * known one. Thread safe; does not block.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface Configuration {
    /**
     * A text.
     *
     * @param key the key without the provider's prefix
     * @return the value, or empty where the key is not set
     */
    Optional<String> text(String key);

    /**
     * A whole number within bounds.
     *
     * @param key the key without the provider's prefix
     * @param byDefault the value where the key is not set
     * @param least the least value allowed, inclusive
     * @param greatest the greatest value allowed, inclusive
     * @return the value
     * @throws IllegalArgumentException naming key, value and bounds, when it is no whole number or out of bounds
     */
    long number(String key, long byDefault, long least, long greatest);

    /**
     * A duration, from a key whose name ends in {@code -ms}.
     *
     * @param key the key without the provider's prefix
     * @param byDefault the value where the key is not set
     * @return the value, zero or more
     * @throws IllegalArgumentException naming key and value, when it is no whole number of milliseconds
     */
    Duration millis(String key, Duration byDefault);

    /**
     * Yes or no.
     *
     * @param key the key without the provider's prefix
     * @param byDefault the value where the key is not set
     * @return the value
     * @throws IllegalArgumentException naming key and value, when it is neither {@code true} nor {@code false}
     */
    boolean flag(String key, boolean byDefault);

    /**
     * The keys that are set.
     *
     * @return the keys without the provider's prefix
     */
    Set<String> keys();
}
