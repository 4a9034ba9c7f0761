package io.resilver.simulation;

import io.resilver.coordination.Paths;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.VolumeRecordCodec;
import io.resilver.coordination.memory.MemoryEnsemble;
import io.resilver.simulation.check.History;
import io.resilver.simulation.check.Objection;
import io.resilver.simulation.check.Writers;
import io.resilver.simulation.disk.Disk;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** One volume as the checkers see it: its record, its disks, what was accepted and what was acknowledged. */
final class VolumeState {
    private final VolumeId id;
    private final Map<ReplicaId, Disk> disks = new LinkedHashMap<>();
    private final Writers writers = new Writers();
    private final History history = new History();
    /** Disks that are other ones than the record knows, with what it knew of each when that happened. */
    private final Map<ReplicaId, Optional<StoreIdentity>> tampered = new HashMap<>();

    private Optional<VolumeRecord> record = Optional.empty();
    private long ensembleSeen = -1;
    private long rewritesSeen = -1;

    VolumeState(VolumeId id) {
        this.id = id;
    }

    VolumeId id() {
        return id;
    }

    void add(Disk disk) {
        disks.put(disk.replica(), disk);
    }

    Writers writers() {
        return writers;
    }

    History history() {
        return history;
    }

    /** The record in force, for who sees everything. */
    Optional<VolumeRecord> record() {
        return record;
    }

    static Optional<VolumeRecord> decode(VolumeId volume, Optional<byte[]> data) {
        try {
            String path = Paths.volume(volume);
            return data.isEmpty() ? Optional.empty() : Optional.of(VolumeRecordCodec.decode(path, data.get()));
        } catch (RecoveryException e) {
            throw new IllegalStateException(e);
        }
    }

    void tampered(ReplicaId replica) {
        tampered.put(replica, recorded(replica));
        writers.forget(replica);
    }

    boolean isTampered() {
        return !tampered.isEmpty();
    }

    private Optional<StoreIdentity> recorded(ReplicaId replica) {
        return record.flatMap(known -> known.replica(replica)).flatMap(VolumeRecord.Replica::store);
    }

    /** Looks again where the record or a disk has changed. */
    Optional<Objection> look(MemoryEnsemble ensemble) {
        long rewrites = 0;
        for (Disk each : disks.values()) {
            rewrites += each.rewrites();
        }
        if (ensembleSeen == ensemble.changes() && rewrites == rewritesSeen) {
            return Optional.empty();
        }
        if (ensembleSeen != ensemble.changes()) {
            ensembleSeen = ensemble.changes();
            record = decode(id, ensemble.now(Paths.volume(id)));
            tampered.entrySet().removeIf(each -> !recorded(each.getKey()).equals(each.getValue()));
        }
        rewritesSeen = rewrites;
        return members();
    }

    /** Whether every member of the published set holds everything that was acknowledged (R30). */
    Optional<Objection> members() {
        if (record.isEmpty()) {
            return Optional.empty();
        }
        for (ReplicaId member : record.get().inSync()) {
            Disk disk = disks.get(member);
            if (disk != null && !tampered.containsKey(member)) {
                Optional<Objection> wrong = history.holds(member, disk);
                if (wrong.isPresent()) {
                    return wrong;
                }
            }
        }
        return Optional.empty();
    }

    /** Whether a disk can go and another member still holds everything. */
    boolean mayLose(ReplicaId replica) {
        return record.isPresent()
                && tampered.isEmpty()
                && record.get().inSync().stream().anyMatch(each -> !each.equals(replica));
    }

    /** Whether an older record loses nothing by itself: it names the set that is in force. */
    boolean mayRestore(Optional<VolumeRecord> older) {
        return older.isPresent()
                && record.isPresent()
                && !isTampered()
                && older.get().inSync().equals(record.get().inSync())
                && older.get().incarnation().equals(record.get().incarnation())
                && older.get().replicas().stream().allMatch(each -> each.store().equals(recorded(each.id())));
    }

    /** Whether all is as it was before anything went wrong. */
    boolean isWhole() {
        return record.isPresent()
                && record.get().inSync().size() == record.get().replicas().size();
    }
}
