package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.model.HostId;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a host gives to a driver when it opens one: who it is, where its data goes, the configuration keys ({@code
 * resilver.<area>.<name>}), and objects that it lends, for example its metric registry, by type. Immutable.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public final class DriverOptions {
    private final HostId host;
    private final Path dataDirectory;
    private final ClassLoader loader;
    private final Map<String, String> configuration;
    private final Map<Class<?>, Object> lent;

    private DriverOptions(Builder builder) {
        this.host = builder.host;
        this.dataDirectory = builder.dataDirectory;
        this.loader = builder.loader;
        this.configuration = Map.copyOf(builder.configuration);
        this.lent = Map.copyOf(builder.lent);
    }

    /**
     * Begins the options of one driver.
     *
     * @param host the host's stable id
     * @param dataDirectory a directory that belongs to this host alone
     * @return a builder
     */
    public static Builder builder(HostId host, Path dataDirectory) {
        return new Builder(host, dataDirectory);
    }

    /**
     * Who this host is.
     *
     * @return the stable id
     */
    public HostId host() {
        return host;
    }

    /**
     * Where the host's data goes.
     *
     * @return an absolute path
     */
    public Path dataDirectory() {
        return dataDirectory;
    }

    /**
     * Where providers are looked for.
     *
     * @return the class loader
     */
    public ClassLoader loader() {
        return loader;
    }

    /**
     * The configuration keys.
     *
     * @return an immutable map
     */
    public Map<String, String> configuration() {
        return configuration;
    }

    /**
     * An object that the host lends.
     *
     * @param type its type, as given to {@link Builder#lend}
     * @param <T> its type
     * @return the object, or empty
     */
    public <T> Optional<T> lent(Class<T> type) {
        return Optional.ofNullable(lent.get(type)).map(type::cast);
    }

    /** Collects the options. Not thread safe. */
    public static final class Builder {
        private final HostId host;
        private final Path dataDirectory;
        private ClassLoader loader = DriverOptions.class.getClassLoader();
        private final Map<String, String> configuration = new LinkedHashMap<>();
        private final Map<Class<?>, Object> lent = new LinkedHashMap<>();

        private Builder(HostId host, Path dataDirectory) {
            this.host = host;
            this.dataDirectory = dataDirectory.toAbsolutePath();
        }

        /**
         * Where providers are looked for; by default the loader of this class.
         *
         * @param where the class loader
         * @return this builder
         */
        public Builder loader(ClassLoader where) {
            this.loader = where;
            return this;
        }

        /**
         * Sets one key.
         *
         * @param key {@code resilver.<area>.<name>}
         * @param value its value
         * @return this builder
         */
        public Builder set(String key, String value) {
            configuration.put(key, value);
            return this;
        }

        /**
         * Sets many keys.
         *
         * @param values keys and values
         * @return this builder
         */
        public Builder setAll(Map<String, String> values) {
            configuration.putAll(values);
            return this;
        }

        /**
         * Lends an object to the driver, which uses it until it is closed and never closes it.
         *
         * @param type the type by which the driver asks for it
         * @param object the object
         * @param <T> its type
         * @return this builder
         */
        public <T> Builder lend(Class<T> type, T object) {
            lent.put(type, object);
            return this;
        }

        /**
         * Ends the collection.
         *
         * @return the options
         */
        public DriverOptions build() {
            return new DriverOptions(this);
        }
    }
}
