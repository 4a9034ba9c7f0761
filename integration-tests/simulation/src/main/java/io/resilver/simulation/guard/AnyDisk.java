package io.resilver.simulation.guard;

import io.resilver.simulation.disk.Rules;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import java.util.HashSet;
import java.util.Set;

/** An engine that takes whatever disk it finds for the one that was always there, opened once more. */
final class AnyDisk implements Rules {
    private final SimulatedProcess process;
    private final Set<String> opened = new HashSet<>();

    AnyDisk(SimulatedProcess process) {
        this.process = process;
    }

    @Override
    public StoreIdentity identity(StoreIdentity onDisk) {
        String place = onDisk.id().value().replaceAll("[.].*", "");
        return opened.add(place)
                ? new StoreIdentity(new StoreId(place), process.clock().nanos() / 1_000_000) // it only rises
                : onDisk;
    }
}
