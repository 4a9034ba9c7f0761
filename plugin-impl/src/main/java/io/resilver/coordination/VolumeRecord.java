package io.resilver.coordination;

import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Everything that is decided about one volume: a decision, never progress. Immutable; each method that changes something
 * answers with a changed copy.
 *
 * @param volume which volume
 * @param incarnation which incarnation of it
 * @param epoch the last term that was minted; creation mints the first, which nobody leads
 * @param primary the host node that leads, or empty after creation or when the primary resigned
 * @param configuration rises with every mint and every change of set, replicas or least size
 * @param replicas all replicas; their order is the rank in which members take over
 * @param inSync the members: every one holds every acknowledged entry (R30); never empty
 * @param leastInSync how many members a commit needs at least
 */
public record VolumeRecord(
        VolumeId volume,
        Incarnation incarnation,
        Epoch epoch,
        Optional<HostNode> primary,
        long configuration,
        List<Replica> replicas,
        Set<ReplicaId> inSync,
        int leastInSync) {
    /** More copies than any product keeps; it bounds the record. */
    public static final int MAX_REPLICAS = 16;

    /**
     * One copy.
     *
     * @param id which
     * @param host who holds its store
     * @param endpoint where that host listened when it last opened the store
     * @param store which disk, and how often it was opened; empty before the first time
     */
    public record Replica(ReplicaId id, HostId host, Optional<Endpoint> endpoint, Optional<StoreIdentity> store) {}

    /**
     * Copies and checks.
     *
     * @throws IllegalArgumentException naming what is not right
     */
    public VolumeRecord {
        replicas = List.copyOf(replicas);
        inSync = inOrder(replicas, inSync);
        require(configuration >= 0, "configuration number " + configuration + " is negative");
        require(
                !replicas.isEmpty() && replicas.size() <= MAX_REPLICAS,
                replicas.size() + " replicas: use 1 to " + MAX_REPLICAS);
        require(
                leastInSync >= 1 && leastInSync <= replicas.size(),
                "least in-sync size " + leastInSync + " is not between 1 and " + replicas.size());
        Set<ReplicaId> ids = new HashSet<>();
        for (Replica each : replicas) {
            require(each.id().volume().equals(volume), "replica " + each.id() + " is not of volume " + volume);
            require(ids.add(each.id()), "replica " + each.id() + " is listed twice");
        }
        require(!inSync.isEmpty(), "the in-sync set is empty");
        require(ids.containsAll(inSync), "in-sync set " + inSync + " is no subset of the replicas " + ids);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException("volume record: " + otherwise);
        }
    }

    /** In the order of the replicas, so that whoever goes through the set does so in the same order everywhere. */
    private static Set<ReplicaId> inOrder(List<Replica> replicas, Set<ReplicaId> inSync) {
        Set<ReplicaId> ordered = new LinkedHashSet<>();
        for (Replica each : replicas) {
            if (inSync.contains(each.id())) {
                ordered.add(each.id());
            }
        }
        ordered.addAll(inSync); // who is no replica is named by the check
        return Collections.unmodifiableSet(ordered);
    }

    /**
     * Finds a replica.
     *
     * @param id which
     * @return it, or empty when the volume has no such replica
     */
    public Optional<Replica> replica(ReplicaId id) {
        return replicas.stream().filter(each -> each.id().equals(id)).findFirst();
    }

    /**
     * Whether this is the only member, which nothing may remove (R36).
     *
     * @param id a replica
     * @return true when the set is that replica alone
     */
    public boolean isLastMember(ReplicaId id) {
        return inSync.equals(Set.of(id));
    }

    VolumeRecord minted(Epoch next, HostNode by) {
        return new VolumeRecord(
                volume, incarnation, next, Optional.of(by), configuration + 1, replicas, inSync, leastInSync);
    }

    /** With another configuration number. */
    VolumeRecord numbered(long number) {
        return new VolumeRecord(volume, incarnation, epoch, primary, number, replicas, inSync, leastInSync);
    }

    VolumeRecord ledBy(Optional<HostNode> node) {
        return new VolumeRecord(volume, incarnation, epoch, node, configuration, replicas, inSync, leastInSync);
    }

    VolumeRecord joined(ReplicaId id) {
        Set<ReplicaId> larger = new HashSet<>(inSync);
        larger.add(id);
        return withSet(larger);
    }

    VolumeRecord left(ReplicaId id) {
        Set<ReplicaId> smaller = new HashSet<>(inSync);
        smaller.remove(id);
        return withSet(smaller);
    }

    VolumeRecord withSet(Set<ReplicaId> members) {
        return new VolumeRecord(volume, incarnation, epoch, primary, configuration + 1, replicas, members, leastInSync);
    }

    /** The store was opened: its new count, and where its host listens now, which orders assignments like any change. */
    VolumeRecord opened(ReplicaId id, StoreIdentity store, Endpoint endpoint) {
        List<Replica> all =
                change(id, each -> new Replica(each.id(), each.host(), Optional.of(endpoint), Optional.of(store)));
        return new VolumeRecord(volume, incarnation, epoch, primary, configuration + 1, all, inSync, leastInSync);
    }

    /** Replica set and least size change one step at a time, under a new configuration number (R41). */
    VolumeRecord configured(List<Replica> all, Set<ReplicaId> members, int least) {
        return new VolumeRecord(volume, incarnation, epoch, primary, configuration + 1, all, members, least);
    }

    /** One replica fewer, and one member fewer if it was one. */
    VolumeRecord without(ReplicaId id) {
        Set<ReplicaId> members = new HashSet<>(inSync);
        members.remove(id);
        return configured(
                replicas.stream().filter(each -> !each.id().equals(id)).toList(), members, leastInSync);
    }

    private List<Replica> change(ReplicaId id, UnaryOperator<Replica> how) {
        return replicas.stream()
                .map(each -> each.id().equals(id) ? how.apply(each) : each)
                .toList();
    }
}
