package io.resilver.host.engine;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.VolumeStore;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/**
 * A storage engine whose stores the host product can read and write. Named in {@code META-INF/services/io.resilver.host.engine.HostEngine},
 * beside the adapter's own provider. Stateless and thread safe.
 */
public interface HostEngine {
    /**
     * The name of the adapter's provider.
     *
     * @return the name
     */
    String name();

    /**
     * The type of the adapter.
     *
     * @return a class
     */
    Class<? extends StorageAdapter> adapter();

    /**
     * Whether a replica that holds what its primary does not have can cut it off; else it is rebuilt.
     *
     * @return what the adapter declares
     */
    boolean undoes();

    /**
     * The product's view of a store that the adapter opened.
     *
     * @param opened the store, which the view closes
     * @return the view
     */
    HostStore store(VolumeStore opened);

    /**
     * Where the store of a replica is, whether it is there or not.
     *
     * @param adapter the open adapter of this engine
     * @param replica which replica
     * @return its directory
     */
    Path directory(StorageAdapter adapter, ReplicaId replica);

    /**
     * Gives a closed store a new random id, which no record knows, durable on return; everything else stays (R36). Blocks on I/O.
     *
     * @param directory the store's own directory
     * @param replica whose store it must be
     * @return the new identity
     * @throws PermanentException when there is no such store, it is another replica's, or it is open
     * @throws RecoveryException when it is damaged or cannot be written
     */
    StoreIdentity renew(Path directory, ReplicaId replica) throws RecoveryException;

    /**
     * A reader over a store's files. Does no I/O yet.
     *
     * @param directory the store's own directory
     * @return the reader
     */
    HostStoreFiles files(Path directory);

    /**
     * Keys of the adapter with which nothing is done by itself: no checkpoint is taken and no log is let go but when the product
     * says so.
     *
     * @param unitBytes about how much log is let go at a time
     * @return keys with their whole names, and their values
     */
    Map<String, String> onDemand(int unitBytes);

    /**
     * The engines that are there.
     *
     * @return by their names
     */
    static Map<String, HostEngine> all() {
        Map<String, HostEngine> all = new TreeMap<>();
        ServiceLoader.load(HostEngine.class, HostEngine.class.getClassLoader())
                .forEach(engine -> all.put(engine.name(), engine));
        return all;
    }

    /**
     * The engine of a name.
     *
     * @param name the name of the adapter's provider
     * @return the engine
     * @throws PermanentException naming those that are there
     */
    static HostEngine named(String name) throws PermanentException {
        HostEngine engine = all().get(name);
        if (engine == null) {
            throw new PermanentException("this host serves no stores of an adapter named '" + name + "': there are "
                    + String.join(", ", all().keySet()));
        }
        return engine;
    }
}
