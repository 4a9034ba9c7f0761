package io.resilver.host.product;

import io.resilver.host.engine.HostEngine;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.driver.RecoveryDriver;
import io.resilver.spi.driver.RecoveryDrivers;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** What an operator does with the store of a host that does not serve. Blocks. */
public final class StoreMaintenance {
    /** Deleting the files of a large store on a slow disk. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private StoreMaintenance() {}

    /**
     * Gives this host's store a new id after its disk was restored (R36). Needs no coordination service.
     *
     * @param settings who this host is
     * @return the new identity
     * @throws RecoveryException when there is no such store, or it is open
     */
    public static StoreIdentity newId(HostSettings settings) throws RecoveryException {
        settings.requireUsableData();
        try (RecoveryDriver driver = driver(settings, true)) {
            ReplicaId replica = settings.replica(settings.host());
            HostEngine engine = engine(settings, driver);
            return engine.renew(engine.directory(driver.adapter(engine.adapter()), replica), replica);
        }
    }

    /**
     * Removes this host's store of an incarnation that was deleted while the host was away.
     *
     * @param settings who this host is
     * @param incarnation which incarnation; a store of any other stays
     * @return whether such a store was there
     * @throws RecoveryException when the volume's record names it, or nobody can say
     */
    public static boolean removeStore(HostSettings settings, Incarnation incarnation) throws RecoveryException {
        settings.requireUsableData();
        try (RecoveryDriver driver = driver(settings, false)) {
            ReplicaId replica = settings.replica(settings.host());
            HostEngine engine = engine(settings, driver);
            Path store = engine.directory(driver.adapter(engine.adapter()), replica);
            boolean before = Files.exists(store);
            ReplicatedVolume.await(driver.removeStore(replica, incarnation), PATIENCE);
            return before && !Files.exists(store);
        }
    }

    private static HostEngine engine(HostSettings settings, RecoveryDriver driver) throws RecoveryException {
        return ReplicatedVolume.requireOwnAdapter(driver, settings.adapter());
    }

    private static RecoveryDriver driver(HostSettings settings, boolean offline) throws RecoveryException {
        DriverOptions.Builder options = DriverOptions.builder(settings.host(), settings.data())
                .set(HostSettings.ADAPTER_KEY, HostSettings.ADAPTER)
                .set("resilver.policy.name", "host")
                .setAll(settings.driver())
                .set("resilver.transport.port", "0") // nobody is to reach it
                .lend(RecoveryRate.class, new RecoveryRate())
                .lend(HostListener.class, event -> {});
        if (offline) {
            options.set("resilver.coordination.mode", "external");
        }
        return RecoveryDrivers.open(options.build());
    }
}
