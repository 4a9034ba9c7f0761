package io.resilver.simulation;

import io.resilver.coordination.Paths;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.VolumeRecordCodec;
import io.resilver.coordination.memory.MemoryEnsemble;
import io.resilver.simulation.check.History;
import io.resilver.simulation.check.Objection;
import io.resilver.simulation.check.Progress;
import io.resilver.simulation.check.ReplicaSets;
import io.resilver.simulation.check.Writers;
import io.resilver.simulation.disk.Disk;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/** One volume as the checkers see it: its record, its disks, what was accepted and what was acknowledged. */
final class VolumeState {
    /** By then a primary that wrote into a record that was put back has heard what it says. */
    private static final long SETTLED_NANOS = 1_000_000_000;

    /** A primary that was stopped for as long as it can be has counted by then what a disk had before it was another one. */
    private static final long COUNTED_NANOS = 12_000_000_000L;

    private final VolumeId id;
    private final LongSupplier nanos;
    private final Map<ReplicaId, Disk> disks = new LinkedHashMap<>();
    private final Writers writers = new Writers();
    private final History history = new History();
    private final ReplicaSets replicaSets = new ReplicaSets(disks);
    private final Progress progress = new Progress();
    /** Disks that are other ones than the record knows, with what was there before, at its last opening. */
    private final Map<ReplicaId, StoreIdentity> tampered = new HashMap<>();

    private final Map<ReplicaId, Long> otherSinceNanos = new HashMap<>();

    private Optional<VolumeRecord> record = Optional.empty();
    /** The record was put back to this one, which calls some in sync who are not, and that is not settled yet (R42). */
    private Optional<VolumeRecord> outdated = Optional.empty();

    private long lastOutdatedNanos;

    private long ensembleSeen = -1;
    private long rewritesSeen = -1;

    VolumeState(VolumeId id, LongSupplier nanos) {
        this.id = id;
        this.nanos = nanos;
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

    void tampered(ReplicaId replica, StoreIdentity was) {
        if (hasReplica(replica)) {
            tampered.put(replica, was);
        }
        otherSinceNanos.put(replica, nanos.getAsLong());
        writers.forget(replica);
    }

    boolean isTampered() {
        return !tampered.isEmpty();
    }

    /** Whether the record knows more than what was there before: a process that has died may have that written yet. */
    private static boolean isNews(Optional<StoreIdentity> recorded, StoreIdentity was) {
        return !isEarlier(recorded, Optional.of(was));
    }

    private Optional<StoreIdentity> recorded(ReplicaId replica) {
        return record.flatMap(known -> known.replica(replica)).flatMap(VolumeRecord.Replica::store);
    }

    /** Looks again where the record or a disk has changed. */
    Optional<Objection> look(MemoryEnsemble ensemble) {
        long rewrites = 0;
        for (Disk each : disks.values()) {
            rewrites += each.rewrites();
            Optional<Objection> fell = progress.look(each);
            if (fell.isPresent()) {
                return fell;
            }
        }
        if (ensembleSeen == ensemble.changes() && rewrites == rewritesSeen) {
            return Optional.empty();
        }
        if (ensembleSeen != ensemble.changes()) {
            ensembleSeen = ensemble.changes();
            record = decode(id, ensemble.now(Paths.volume(id)));
            if (record.equals(outdated)) {
                lastOutdatedNanos = nanos.getAsLong();
            }
            tampered.entrySet().removeIf(each -> isNews(recorded(each.getKey()), each.getValue()));
            Optional<Objection> wrong = replicaSets.changed(
                    record, node -> ensemble.now(Paths.host(node)).isPresent());
            if (wrong.isPresent()) {
                return wrong;
            }
        }
        rewritesSeen = rewrites;
        return members();
    }

    /** A store was told that everything up to an LSN is committed. */
    Optional<Objection> committed(Disk disk, long lsn) {
        return history.committed(lsn, disk)
                .or(this::members)
                .or(() -> replicaSets.committed(disk.durableAt(lsn), this::mayHaveHad));
    }

    private boolean mayHaveHad(ReplicaId replica) {
        Long since = otherSinceNanos.get(replica);
        return tampered.containsKey(replica) || (since != null && nanos.getAsLong() - since < COUNTED_NANOS);
    }

    /** The store of a replica that is none any more was removed with everything in it. */
    void removed(ReplicaId replica) {
        writers.forget(replica);
        otherSinceNanos.put(replica, nanos.getAsLong());
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
                    return outdated.isPresent() ? Optional.empty() : wrong; // the record is wrong until it is settled
                }
            }
        }
        if (outdated.isPresent() && nanos.getAsLong() - lastOutdatedNanos > SETTLED_NANOS) {
            outdated = Optional.empty();
        }
        return Optional.empty();
    }

    /**
     * Whether a disk can go and another member still holds everything. Where it is the primary's own, one more: a removal may be
     * under way.
     */
    boolean mayLose(HostId host, ReplicaId replica) {
        if (record.isEmpty() || !tampered.isEmpty()) {
            return false;
        }
        boolean leads =
                record.get().primary().filter(each -> each.host().equals(host)).isPresent();
        long others = record.get().inSync().stream()
                .filter(each -> !each.equals(replica))
                .count();
        return others > (leads ? 1 : 0);
    }

    /** Whether an older record loses nothing by itself: it names the set that is in force. */
    boolean mayRestore(Optional<VolumeRecord> older) {
        return mayReadmit(older) && older.orElseThrow().inSync().equals(inSync());
    }

    private Set<ReplicaId> inSync() {
        return record.map(VolumeRecord::inSync).orElse(Set.of());
    }

    /** Whether an older record names those that are in sync, and perhaps others that are not any more. */
    boolean mayReadmit(Optional<VolumeRecord> older) {
        return older.isPresent()
                && record.isPresent()
                && !isTampered()
                && outdated.isEmpty()
                && older.get().inSync().containsAll(inSync())
                && older.get().incarnation().equals(record.get().incarnation())
                && older.get().replicas().stream().allMatch(each -> isEarlier(each.store(), recorded(each.id())));
    }

    /** Whether it is the same disk, opened as often or less: no copy of it came in its place since. */
    private static boolean isEarlier(Optional<StoreIdentity> then, Optional<StoreIdentity> now) {
        return then.isPresent()
                && now.isPresent()
                && then.get().id().equals(now.get().id())
                && then.get().openCount() <= now.get().openCount();
    }

    /** The record is put back to an older one: who was called in sync then may lack what was acknowledged since. */
    void restoring(Optional<VolumeRecord> older) {
        outdated = mayRestore(older) ? Optional.empty() : older;
        lastOutdatedNanos = nanos.getAsLong();
        writers.restored();
        replicaSets.restored();
    }

    boolean hasReplica(ReplicaId replica) {
        return record.flatMap(known -> known.replica(replica)).isPresent();
    }

    /** How many replicas its primary feeds. */
    int others() {
        return record.map(known -> known.replicas().size() - 1).orElse(0);
    }

    /** Whether all is as it was before anything went wrong. */
    boolean isWhole() {
        return record.isPresent()
                && outdated.isEmpty()
                && record.get().inSync().size() == record.get().replicas().size();
    }
}
