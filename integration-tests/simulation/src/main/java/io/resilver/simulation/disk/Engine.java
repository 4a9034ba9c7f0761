package io.resilver.simulation.disk;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.VolumeStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The storage engine of one process, over the disks of its host. */
public final class Engine implements StorageAdapter {
    private final Map<ReplicaId, Disk> disks;
    private final Function<ReplicaId, StoreId> ids;
    private final Rules rules;
    private final OpenDisk.Accepted accepted;
    private final List<OpenDisk> open = new ArrayList<>();

    /**
     * An engine with nothing open.
     *
     * @param disks of its host
     * @param ids of stores that are made in the place of others
     * @param rules what it keeps to
     * @param accepted hears of entries
     */
    public Engine(
            Map<ReplicaId, Disk> disks, Function<ReplicaId, StoreId> ids, Rules rules, OpenDisk.Accepted accepted) {
        this.disks = disks;
        this.ids = ids;
        this.rules = rules;
        this.accepted = accepted;
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(
                Capability.TRUNCATE,
                Capability.SNAPSHOT,
                Capability.APPEND_NOTIFICATION,
                Capability.CHECKED_IMAGE,
                Capability.SAME_IMAGE);
    }

    @Override
    public VolumeStore open(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
        Disk disk = disks.get(replica);
        if (disk == null) {
            throw new PermanentException("this host has no disk for " + replica);
        }
        if (disk.incarnation.filter(each -> !each.equals(incarnation)).isPresent()) {
            throw new PermanentException("the disk of " + replica + " is of " + disk.incarnation.get());
        }
        disk.incarnation = Optional.of(incarnation);
        OpenDisk store = new OpenDisk(disk, rules, accepted);
        open.add(store);
        return store;
    }

    @Override
    public boolean remove(ReplicaId replica, Incarnation incarnation) {
        Disk disk = disks.get(replica);
        if (disk == null || !disk.incarnation.equals(Optional.of(incarnation))) {
            return false;
        }
        disk.replace(ids.apply(replica));
        accepted.removed(replica);
        return true;
    }

    /** The process dies with everything that it has open. */
    public void abandon() {
        open.forEach(OpenDisk::abandon);
    }

    @Override
    public void close() throws RecoveryException {
        for (OpenDisk each : open) {
            each.close();
        }
    }
}
