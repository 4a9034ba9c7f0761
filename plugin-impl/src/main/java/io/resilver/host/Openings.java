package io.resilver.host;

import io.resilver.coordination.Opening;
import io.resilver.coordination.VolumeAuthority;
import io.resilver.replica.ReplicaTarget;
import io.resilver.runtime.Strand;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The stores that a host opens, one a replica and one a volume: a volume's record names its primary by its host, so that two
 * replicas of one volume on one host could not be told apart where it matters most. Who asks again for the same incarnation gets the store that is open; another
 * incarnation takes its place. Openings of one replica come one after the other, and closing comes after them. Thread safe;
 * nothing blocks.
 */
final class Openings {
    /**
     * Callers of one replica whose openings or removals are under way, or wait for their turn. Each has an answer of its own
     * that stays until its turn is over, so that one who asks again and again while a disk hangs would fill the memory.
     */
    static final int MOST_WAITING = 64;

    private final ReplicaHost host;
    private final Map<ReplicaId, LocalReplica> open;
    private final LeadLoop.LeaderFactory factory;
    /** What comes last for each replica for which something is under way; guarded by itself, with the end of it all. */
    private final Map<ReplicaId, CompletionStage<?>> last = new HashMap<>();
    /** How many callers have a turn or wait for one, for each replica that has any; guarded like {@link #last}. */
    private final Map<ReplicaId, Integer> callers = new HashMap<>();

    private final Set<VolumeAuthority> admitting = ConcurrentHashMap.newKeySet();
    private final Map<VolumeId, ReplicaId> holding = new ConcurrentHashMap<>();
    private volatile boolean closing;

    /**
     * Nothing is opened yet.
     *
     * @param host whose stores they are
     * @param open where open replicas are kept
     * @param factory makes the leaders of the replicas that this host may lead
     */
    Openings(ReplicaHost host, Map<ReplicaId, LocalReplica> open, LeadLoop.LeaderFactory factory) {
        this.host = host;
        this.open = open;
        this.factory = factory;
    }

    /** Opens the store of the incarnation that the volume's record names, once the record has admitted it (R36). */
    CompletionStage<VolumeStore> open(ReplicaId replica, Cluster cluster) {
        return alone(
                replica,
                () -> cluster.volumes().read(replica.volume()).thenCompose(found -> {
                    Incarnation incarnation = found.orElseThrow(() -> Unchecked.of(new PermanentException(
                                    "volume " + replica.volume() + " has no record: create it first")))
                            .incarnation();
                    return openOrKeep(replica, incarnation, store -> admit(cluster, store, incarnation));
                }));
    }

    /** Opens the store of an incarnation that the host's own authority vouches for. */
    CompletionStage<VolumeStore> open(ReplicaId replica, Incarnation incarnation) {
        return alone(
                replica,
                () -> openOrKeep(
                        replica,
                        incarnation,
                        store -> serve(store, incarnation, host.strand(replica), Optional.empty())));
    }

    /** Opens a store in its turn, if no other replica of its volume is open here or being opened. */
    private CompletionStage<VolumeStore> alone(ReplicaId replica, Supplier<CompletionStage<VolumeStore>> opening) {
        return forCaller(replica, () -> {
            ReplicaId other = holding.putIfAbsent(replica.volume(), replica);
            if (other != null && !other.equals(replica)) {
                return CompletableFuture.failedFuture(
                        new PermanentException("replica " + other + " is open on this host,"
                                + " and a host holds one replica of a volume: open " + replica + " on another host"));
            }
            CompletionStage<VolumeStore> made;
            try {
                made = opening.get();
            } catch (RuntimeException bug) { // of a client or an adapter: nothing is being opened
                forget(replica);
                throw bug;
            }
            return made.whenComplete((store, failure) -> forget(replica));
        });
    }

    /** Lets another replica of the volume be opened, unless this one is open. In the replica's turn. */
    private void forget(ReplicaId replica) {
        if (!open.containsKey(replica)) {
            holding.remove(replica.volume(), replica);
        }
    }

    /**
     * Lets go of a store whose volume is there no more, or is another incarnation; its bytes stay. Nothing happens when it
     * is not open any more.
     */
    CompletionStage<Void> orphan(LocalReplica local, String why) {
        return inTurn(local.id(), () -> {
            if (open.get(local.id()) != local) {
                return CompletableFuture.completedFuture(null);
            }
            return close(local, why).whenComplete((nothing, failure) -> {
                forget(local.id());
                // Said also of one that failed to close: it is served no more, and nobody would hear of it otherwise.
                host.publish(new RecoveryEvent.StoreOrphaned(local.id(), local.incarnation(), why));
            });
        });
    }

    /** Closes a store of an incarnation, if it is open, and removes it. */
    CompletionStage<Void> remove(ReplicaId replica, Incarnation incarnation) {
        return forCaller(replica, () -> {
            LocalReplica present = open.get(replica);
            CompletionStage<Void> closed =
                    present != null && present.incarnation().equals(incarnation)
                            ? close(present, "its volume was deleted")
                            : CompletableFuture.completedFuture(null);
            return closed.whenComplete((nothing, failure) -> forget(replica))
                    .thenCompose(nobody -> Io.call(host.runtime(), () -> {
                        try {
                            host.adapter().remove(replica, incarnation);
                        } catch (RecoveryException | RuntimeException e) {
                            throw host.site(replica).says(e);
                        }
                        return null;
                    }));
        });
    }

    /**
     * Closes every store, each after what is under way for its replica, which is cut short: a store that is open by then is
     * closed, and its caller hears of it. Nothing is opened any more.
     *
     * @return completes once no store is open; fails with the first failure to close one
     */
    CompletionStage<Void> close(String why) {
        List<Turn<Void>> turns = new ArrayList<>();
        synchronized (last) {
            closing = true;
            Set<ReplicaId> all = new HashSet<>(last.keySet());
            all.addAll(open.keySet());
            all.forEach(replica -> turns.add(next(replica)));
        }
        List<CompletableFuture<Void>> closed = new ArrayList<>();
        turns.forEach(turn ->
                closed.add(turn.take(() -> closeIfOpen(turn.replica, why)).toCompletableFuture()));
        admitting.forEach(VolumeAuthority::close); // what waits for the coordination service waits no more
        return CompletableFuture.allOf(closed.toArray(CompletableFuture[]::new));
    }

    private CompletionStage<Void> closeIfOpen(ReplicaId replica, String why) {
        LocalReplica local = open.get(replica);
        return local == null
                ? CompletableFuture.completedFuture(null)
                : local.close(host::serveNoMore, why).whenComplete((nothing, failure) -> open.remove(replica, local));
    }

    private void requireOpen() throws CancelledException {
        if (closing) {
            throw new CancelledException("the driver is closing");
        }
    }

    /** For how many replicas something is under way. */
    int underWay() {
        synchronized (last) {
            return last.size();
        }
    }

    /** The work of one of the callers, who are bounded; what the host itself does for a replica is not refused. */
    private <T> CompletionStage<T> forCaller(ReplicaId replica, Supplier<CompletionStage<T>> work) {
        synchronized (last) {
            int waiting = callers.getOrDefault(replica, 0);
            if (waiting >= MOST_WAITING) {
                return CompletableFuture.failedFuture(new ResourceExhaustedException(
                        waiting + " openings and removals of the store of replica " + replica
                                + " are under way or wait already: wait for their answers before asking again",
                        "callers that wait for a store"));
            }
            callers.put(replica, waiting + 1);
        }
        return inTurn(replica, work).whenComplete((value, failure) -> {
            synchronized (last) {
                callers.computeIfPresent(replica, (id, waiting) -> waiting == 1 ? null : waiting - 1);
            }
        });
    }

    private <T> CompletionStage<T> inTurn(ReplicaId replica, Supplier<CompletionStage<T>> work) {
        Turn<T> mine;
        synchronized (last) {
            if (closing) {
                return CompletableFuture.failedFuture(new CancelledException("the driver is closing"));
            }
            mine = next(replica);
        }
        return mine.take(work); // with no lock held: it may begin in this call
    }

    /** A place after what comes last now. Under the lock. */
    private <T> Turn<T> next(ReplicaId replica) {
        CompletableFuture<T> end = new CompletableFuture<>();
        CompletionStage<?> before = last.put(replica, end);
        return new Turn<>(replica, before == null ? CompletableFuture.completedFuture(null) : before, end);
    }

    /** One piece of work of a replica, after the one before it. */
    private final class Turn<T> {
        private final ReplicaId replica;
        private final CompletionStage<?> before;
        private final CompletableFuture<T> end;

        Turn(ReplicaId replica, CompletionStage<?> before, CompletableFuture<T> end) {
            this.replica = replica;
            this.before = before;
            this.end = end;
        }

        CompletionStage<T> take(Supplier<CompletionStage<T>> work) {
            before.handle((value, failure) -> work.get())
                    .thenCompose(same -> same)
                    .whenComplete((value, failure) -> {
                        synchronized (last) {
                            last.remove(replica, end); // unless something comes after it
                        }
                        if (failure == null) {
                            end.complete(value);
                        } else {
                            end.completeExceptionally(failure);
                        }
                    });
            return end;
        }
    }

    /** Serves a store that was opened. */
    @FunctionalInterface
    private interface Serving {
        CompletionStage<LocalReplica> serve(VolumeStore store);
    }

    private CompletionStage<VolumeStore> openOrKeep(ReplicaId replica, Incarnation incarnation, Serving serving) {
        LocalReplica present = open.get(replica);
        if (present != null && present.incarnation().equals(incarnation)) {
            return CompletableFuture.completedFuture(present.store());
        }
        CompletionStage<Void> gone = present == null
                ? CompletableFuture.completedFuture(null)
                : close(present, "another incarnation of its volume is opened");
        return gone.thenCompose(nobody -> Io.call(host.runtime(), () -> opened(replica, incarnation)))
                .thenCompose(store -> closingOnFailure(store, serving))
                .thenApply(LocalReplica::store);
    }

    /** Opens a store in one piece of work that also closes it when nobody wants it any more: none may run after it. */
    private VolumeStore opened(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
        requireOpen();
        VolumeStore store;
        try {
            store = host.adapter().open(replica, incarnation);
        } catch (RecoveryException | RuntimeException e) {
            throw host.site(replica).says(e);
        }
        try {
            requireOpen();
            return store;
        } catch (CancelledException late) {
            store.close();
            throw late;
        }
    }

    /** Its volume was deleted, and perhaps created again: what is left of it here ends. */
    private CompletionStage<Void> close(LocalReplica old, String why) {
        // Not waited for: a coordination service that is away keeps no store open.
        host.cluster().ifPresent(cluster -> cluster.forget(old.id(), why));
        return old.close(host::serveNoMore, why)
                .whenComplete((nothing, failure) -> open.remove(old.id(), old)); // also one that failed to close
    }

    private CompletionStage<LocalReplica> admit(Cluster cluster, VolumeStore store, Incarnation incarnation) {
        Strand strand = host.strand(store.replica());
        VolumeAuthority authority = cluster.authority(store.replica(), incarnation, strand);
        admitting.add(authority);
        if (closing) {
            authority.close();
        }
        CompletionStage<Opening> admitted;
        try {
            admitted = cluster.admit(store, authority);
        } catch (RuntimeException bug) { // of a client
            admitting.remove(authority);
            authority.close();
            throw bug;
        }
        return admitted.whenComplete((opened, failure) -> admitting.remove(authority))
                .thenCompose(opened -> {
                    report(store.replica(), opened);
                    if (opened instanceof Opening.LastMember last) {
                        return CompletableFuture.failedFuture(notServed(store.replica(), last));
                    }
                    if (!opened.record().incarnation().equals(incarnation)) {
                        return CompletableFuture.failedFuture(new RetriableException(
                                "volume " + store.replica().volume() + " was created again while its store was opened",
                                Duration.ZERO));
                    }
                    return serve(
                                    store,
                                    incarnation,
                                    strand,
                                    Optional.of(opened.record().epoch()))
                            .thenCompose(local -> follow(cluster, local, authority, opened));
                });
    }

    /** Follows a store that is served; where that fails, nothing of it is kept. */
    private CompletionStage<LocalReplica> follow(
            Cluster cluster, LocalReplica local, VolumeAuthority authority, Opening opened) {
        try {
            cluster.follow(local, authority, opened.record(), factory);
            return CompletableFuture.completedFuture(local);
        } catch (RuntimeException bug) { // of a client or an adapter
            authority.close();
            return close(local, "it cannot be followed")
                    .handle((nobody, alsoFailed) -> CompletableFuture.<LocalReplica>failedFuture(bug))
                    .thenCompose(failed -> failed);
        }
    }

    private static PermanentException notServed(ReplicaId replica, Opening.LastMember last) {
        return new PermanentException("the disk of replica " + replica + " is " + last.found()
                + ", the volume's record knows "
                + last.recorded().map(StoreIdentity::toString).orElse("none")
                + ", and the replica is the last member of the in-sync set: nobody else holds every acknowledged entry."
                + " It is not served: put the right disk back and open it again");
    }

    private void report(ReplicaId replica, Opening opened) {
        if (opened instanceof Opening.Replaced replaced) {
            StoreIdentity recorded = replaced.recorded().orElse(replaced.found());
            host.publish(new RecoveryEvent.StoreReplaced(replica, recorded, replaced.found()));
        } else if (opened instanceof Opening.LastMember last) {
            StoreIdentity recorded = last.recorded().orElse(last.found());
            host.publish(new RecoveryEvent.StoreReplaced(replica, recorded, last.found()));
        }
    }

    /**
     * Serves a store once it has durably promised what was read (R36); a higher promise of its own stays. Where it has
     * promised another term of the same number, its gate stays shut until a higher epoch is known (R42).
     */
    private CompletionStage<LocalReplica> serve(
            VolumeStore store, Incarnation incarnation, Strand strand, Optional<Epoch> read) {
        ReplicaId replica = store.replica();
        ReplicaTarget target = host.serve(store, incarnation);
        LocalReplica local = new LocalReplica(store, incarnation, target, strand, host.runtime());
        return target.open(read)
                .handle((promised, failure) -> {
                    boolean conflict = failure != null && Failures.typed(failure) instanceof FencedException;
                    if (conflict) {
                        read.ifPresent(local::conflicts);
                    }
                    if (failure == null || conflict) {
                        open.put(replica, local);
                        return CompletableFuture.completedFuture(local);
                    }
                    return host.serveNoMore(replica)
                            .thenCompose(nobody -> CompletableFuture.<LocalReplica>failedFuture(failure));
                })
                .thenCompose(same -> same);
    }

    private CompletionStage<LocalReplica> closingOnFailure(VolumeStore store, Serving serving) {
        CompletionStage<LocalReplica> served;
        try {
            served = serving.serve(store);
        } catch (RuntimeException bug) { // of a client or an adapter
            served = CompletableFuture.failedFuture(bug);
        }
        return served.handle((value, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.completedFuture(value);
                    }
                    return Io.call(host.runtime(), () -> {
                                store.close();
                                return null;
                            })
                            .handle((nobody, alsoFailed) -> CompletableFuture.<LocalReplica>failedFuture(failure))
                            .thenCompose(failed -> failed);
                })
                .thenCompose(same -> same);
    }
}
