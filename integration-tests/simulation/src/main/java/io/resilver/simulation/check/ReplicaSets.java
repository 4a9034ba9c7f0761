package io.resilver.simulation.check;

import io.resilver.coordination.HostNode;
import io.resilver.coordination.VolumeRecord;
import io.resilver.simulation.disk.Disk;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.ReplicaId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Replica set and least size of one volume (R41): nobody leads who is no member, nor changes them once its host node is gone
 * (R35), and what is committed is in as many replicas of
 * the record as its primary knows to be needed. What it knows is what was in the record when it made its last change but one: the
 * answer to the last one may be on its way.
 */
public final class ReplicaSets {
    private final Map<ReplicaId, Disk> disks;
    private Optional<VolumeRecord> record = Optional.empty();
    /** The least size since the change of this term before the last one. */
    private int known = 1;
    /** The least size since the last change of this term. */
    private int told = 1;
    /** Nothing is known of the term in force: the record was put back. */
    private boolean unknown;

    /**
     * A volume without a record.
     *
     * @param disks of its replicas, those too that are no replicas any more
     */
    public ReplicaSets(Map<ReplicaId, Disk> disks) {
        this.disks = disks;
    }

    /** The record is put back to an older one: what the primary in force knows is not what the record has. */
    public void restored() {
        unknown = true;
        record = Optional.empty();
    }

    /**
     * The record has changed.
     *
     * @param next what it is now
     * @param isThere whether a host node is there at this moment
     * @return what is wrong with that
     */
    public Optional<Objection> changed(Optional<VolumeRecord> next, Predicate<HostNode> isThere) {
        Optional<VolumeRecord> before = record;
        record = next;
        if (next.isEmpty()) {
            return Optional.empty();
        }
        int least = next.get().leastInSync();
        if (before.isEmpty()) {
            known = unknown ? 1 : least;
            told = known;
            return Optional.empty();
        }
        if (!before.get().epoch().equals(next.get().epoch())) {
            known = least;
            told = least;
            unknown = false;
            return isLedByAMember(next.get()).or(() -> isByWhoIsThere(next.get(), isThere));
        }
        if (isByItsPrimary(before.get(), next.get())) {
            known = Math.min(told, least);
            told = least;
            return isByWhoIsThere(next.get(), isThere);
        } else {
            known = Math.min(known, least);
            told = Math.min(told, least);
        }
        return Optional.empty();
    }

    private static Optional<Objection> isLedByAMember(VolumeRecord minted) {
        boolean isMember = minted.inSync().stream()
                .flatMap(each -> minted.replica(each).stream())
                .anyMatch(each -> minted.primary()
                        .filter(node -> node.host().equals(each.host()))
                        .isPresent());
        return isMember
                ? Optional.empty()
                : Optional.of(new Objection(
                        "R41",
                        "epoch " + minted.epoch() + " was minted by " + minted.primary() + ", and members are "
                                + minted.inSync()));
    }

    /** A primary whose node is gone is taken for dead by the others: it mints nothing and changes no set (R35). */
    private static Optional<Objection> isByWhoIsThere(VolumeRecord changed, Predicate<HostNode> isThere) {
        return changed.primary().filter(isThere).isPresent()
                ? Optional.empty()
                : Optional.of(new Objection(
                        "R35",
                        "the record of epoch " + changed.epoch() + " was changed by " + changed.primary()
                                + ", whose host node is gone"));
    }

    /** A store that is opened changes what is known of it; a set that changes without that is changed by the primary. */
    private static boolean isByItsPrimary(VolumeRecord before, VolumeRecord after) {
        return !before.inSync().equals(after.inSync()) && stores(after).containsAll(storesOf(after, before));
    }

    private static Set<VolumeRecord.Replica> stores(VolumeRecord record) {
        return new HashSet<>(record.replicas());
    }

    private static Set<VolumeRecord.Replica> storesOf(VolumeRecord of, VolumeRecord then) {
        Set<VolumeRecord.Replica> stores = stores(then);
        stores.removeIf(each -> of.replica(each.id()).isEmpty());
        return stores;
    }

    /**
     * A primary says that everything up to an entry is committed.
     *
     * @param last the entry
     * @param mayHaveHad who had entries and lost them with its disk
     * @return what is wrong with that
     */
    public Optional<Objection> committed(EntryId last, Predicate<ReplicaId> mayHaveHad) {
        if (unknown || record.isEmpty() || last.epoch() != record.get().epoch().number()) {
            return Optional.empty(); // an earlier term's may be of a primary that knows less
        }
        Map<ReplicaId, EntryId> held = new HashMap<>();
        for (VolumeRecord.Replica each : record.get().replicas()) {
            Disk disk = disks.get(each.id());
            if (disk != null) {
                held.put(each.id(), disk.durableAt(last.lsn()));
            }
        }
        long holders = held.entrySet().stream()
                .filter(each -> each.getValue().equals(last) || mayHaveHad.test(each.getKey()))
                .count();
        return holders >= known
                ? Optional.empty()
                : Optional.of(new Objection(
                        "R41",
                        "entry " + last + " is committed, and a commit needs " + known + " replicas: there are "
                                + held));
    }
}
