package io.resilver.host.product;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * What a host is told by its properties file. Immutable.
 *
 * @param host its stable id; the replica that it holds has the same name
 * @param data its directory
 * @param volume the volume
 * @param replicas the hosts that hold the volume's replicas, in the order in which they take over
 * @param leastInSync how many must be in sync for anything to be acknowledged
 * @param driver the keys of the driver, which checks them itself
 */
public record HostSettings(
        HostId host, Path data, VolumeId volume, List<HostId> replicas, int leastInSync, Map<String, String> driver) {
    /** Names this host. */
    public static final String ID = "host.id";
    /** Where its data goes. */
    public static final String DATA = "host.data";
    /** Names the volume. */
    public static final String VOLUME = "host.volume";
    /** Who holds replicas. */
    public static final String REPLICAS = "host.replicas";
    /** The least size of the in-sync set. */
    public static final String LEAST_IN_SYNC = "host.least-in-sync";

    /** Chooses the storage engine. */
    static final String ADAPTER_KEY = "resilver.adapter.name";

    /** The host's own engine, where the key is not set. */
    static final String ADAPTER = "file";

    private static final List<String> KEYS = List.of(DATA, ID, LEAST_IN_SYNC, REPLICAS, VOLUME);
    private static final String OF_DRIVER = "resilver.";

    /** Copies what could change. */
    public HostSettings {
        replicas = List.copyOf(replicas);
        driver = Map.copyOf(driver);
    }

    /**
     * Reads a properties file in UTF-8.
     *
     * @param file the file
     * @return what it says
     * @throws PermanentException naming the file, the key and its value
     */
    public static HostSettings read(Path file) throws PermanentException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new PermanentException("the configuration " + file + " cannot be read: " + e, e);
        }
        Map<String, String> given = new TreeMap<>();
        properties.stringPropertyNames().forEach(key -> given.put(key, properties.getProperty(key, "")));
        return of(given);
    }

    /**
     * Checks keys and values.
     *
     * @param given all keys
     * @return what they say
     * @throws PermanentException naming the key and its value
     */
    public static HostSettings of(Map<String, String> given) throws PermanentException {
        Map<String, String> own = new TreeMap<>();
        Map<String, String> driver = new TreeMap<>();
        for (Map.Entry<String, String> each : given.entrySet()) {
            if (each.getKey().startsWith(OF_DRIVER)) {
                driver.put(each.getKey(), each.getValue());
            } else if (KEYS.contains(each.getKey())) {
                own.put(each.getKey(), each.getValue().strip());
            } else {
                throw new PermanentException("configuration key " + each.getKey() + " = '" + each.getValue()
                        + "' is unknown: the host's keys are " + String.join(", ", KEYS) + ", the driver's begin with "
                        + OF_DRIVER);
            }
        }
        HostId host = value(own, ID, HostId::new);
        List<HostId> replicas = value(own, REPLICAS, HostSettings::hosts);
        if (!replicas.contains(host)) {
            throw new PermanentException(REPLICAS + " = '" + own.get(REPLICAS) + "' does not have this host, " + host);
        }
        int leastInSync = own.containsKey(LEAST_IN_SYNC) ? value(own, LEAST_IN_SYNC, Integer::valueOf) : 1;
        if (leastInSync < 1 || leastInSync > replicas.size()) {
            throw new PermanentException(LEAST_IN_SYNC + " = '" + leastInSync + "' is not allowed: it must be 1 to "
                    + replicas.size() + ", the number of replicas");
        }
        return new HostSettings(
                host, value(own, DATA, Path::of), value(own, VOLUME, VolumeId::new), replicas, leastInSync, driver);
    }

    /**
     * Checks that the data directory is one, or can become one. Looks at the disk and changes nothing.
     *
     * @throws PermanentException naming the key, its value and what is in the way
     */
    void requireUsableData() throws PermanentException {
        Path there = data.toAbsolutePath();
        for (Path up = there.getParent(); up != null && !Files.exists(there); up = there.getParent()) {
            there = up;
        }
        if (!Files.isDirectory(there) || !Files.isWritable(there)) {
            throw new PermanentException(DATA + " = '" + data + "' cannot be used: " + there
                    + (Files.isDirectory(there) ? " may not be written by this program" : " is not a directory")
                    + "; name a directory for this host's data, or one that can be created");
        }
    }

    /** The name of the storage engine's adapter. */
    String adapter() {
        return driver.getOrDefault(ADAPTER_KEY, ADAPTER);
    }

    /**
     * The replica of a host.
     *
     * @param of one of the hosts
     * @return its replica
     */
    public ReplicaId replica(HostId of) {
        return new ReplicaId(volume, of.value());
    }

    private static List<HostId> hosts(String text) {
        List<HostId> hosts = Arrays.stream(text.split(",", -1))
                .map(each -> new HostId(each.strip()))
                .toList();
        if (hosts.stream().distinct().count() != hosts.size()) {
            throw new IllegalArgumentException("a host is listed twice");
        }
        return hosts;
    }

    private interface Reading<T> {
        T of(String text);
    }

    private static <T> T value(Map<String, String> own, String key, Reading<T> reading) throws PermanentException {
        String text = own.getOrDefault(key, "");
        if (text.isEmpty()) {
            throw new PermanentException("configuration key " + key + " is missing");
        }
        try {
            return reading.of(text);
        } catch (IllegalArgumentException e) {
            throw new PermanentException(key + " = '" + text + "' is not allowed: " + e.getMessage(), e);
        }
    }
}
