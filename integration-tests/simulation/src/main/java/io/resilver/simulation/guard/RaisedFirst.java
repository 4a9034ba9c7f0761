package io.resilver.simulation.guard;

import io.resilver.simulation.disk.Rules;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import java.util.HashSet;
import java.util.Set;

/** An engine that raises the count of a disk when it opens it, so that what is compared is raised already. */
final class RaisedFirst implements Rules {
    private final Set<StoreId> opened = new HashSet<>();

    @Override
    public StoreIdentity identity(StoreIdentity onDisk) {
        return opened.add(onDisk.id()) ? new StoreIdentity(onDisk.id(), onDisk.openCount() + 1) : onDisk;
    }
}
