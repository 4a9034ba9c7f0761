package io.resilver.replica;

import io.resilver.replica.link.Request;
import io.resilver.replica.link.RequestHandler;
import io.resilver.replica.link.Response;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Hands requests to the open store that they are for. Thread safe; does not block. */
public final class ReplicaServer implements RequestHandler {
    private final HostRuntime runtime;
    private final ReplicaEvents events;
    private final AdapterTraits adapter;
    private final ConcurrentMap<ReplicaId, ReplicaTarget> targets = new ConcurrentHashMap<>();

    /**
     * A server without stores.
     *
     * @param runtime the host's time and executors
     * @param events hears what happens at the stores
     * @param adapter what keeps the stores
     */
    public ReplicaServer(HostRuntime runtime, ReplicaEvents events, AdapterTraits adapter) {
        this.runtime = runtime;
        this.events = events;
        this.adapter = adapter;
    }

    /**
     * Takes in an open store. Its gate is shut until {@link ReplicaTarget#open}.
     *
     * @param store the store
     * @param incarnation the incarnation of its volume
     * @return the store's target
     * @throws IllegalStateException when the replica has a target already
     */
    public ReplicaTarget add(VolumeStore store, Incarnation incarnation) {
        return add(store, new FencingGate(store.replica(), incarnation, events));
    }

    /**
     * Takes in an open store with a gate that its owner made.
     *
     * @param store the store
     * @param gate its gate, shut, and nobody else's
     * @return the store's target
     * @throws IllegalStateException when the replica has a target already
     */
    public ReplicaTarget add(VolumeStore store, StoreGate gate) {
        ReplicaTarget target = new ReplicaTarget(store, gate, runtime, events, adapter);
        if (targets.putIfAbsent(store.replica(), target) != null) {
            throw new IllegalStateException("the store of " + store.replica() + " is open already");
        }
        return target;
    }

    /**
     * Lets go of a store: requests for it are refused from now on.
     *
     * @param replica whose store
     * @return completes once nothing here touches the store any more, so that the caller can close it
     */
    public CompletionStage<Void> remove(ReplicaId replica) {
        ReplicaTarget target = targets.remove(replica);
        return target == null ? CompletableFuture.completedFuture(null) : target.close();
    }

    /**
     * The target of an open store.
     *
     * @param replica whose store
     * @return the target, or empty where this host has no such store open
     */
    public Optional<ReplicaTarget> find(ReplicaId replica) {
        return Optional.ofNullable(targets.get(replica));
    }

    @Override
    public CompletionStage<Void> handle(Request request, ResponseSink back) {
        ReplicaTarget target = targets.get(request.replica());
        if (target != null) {
            return target.handle(request, back);
        }
        back.send(new Response.Failed(
                request.replica(),
                request.token(),
                Refusals.sequenceOf(request),
                new RetriableException(
                        "this host has no open store of " + request.replica() + ": it may still be starting",
                        Duration.ZERO)));
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void lost(ReplicaId replica, HostId from) {
        find(replica).ifPresent(target -> target.lost(from));
    }

    @Override
    public void left(ReplicaId replica, HostId from) {
        find(replica).ifPresent(target -> target.left(from));
    }
}
