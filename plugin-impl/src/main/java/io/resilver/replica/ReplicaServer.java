package io.resilver.replica;

import io.resilver.replica.link.Request;
import io.resilver.replica.link.RequestHandler;
import io.resilver.replica.link.Response;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** The stores that a host serves: hands each request to its store's actor. Thread safe. */
public final class ReplicaServer implements RequestHandler {
    /** How long a sender waits before it asks again for a replica that is not open here yet. */
    private static final Duration NOT_OPEN_RETRY = Duration.ofMillis(200);

    private final HostRuntime runtime;
    private final ReplicaListener listener;
    private final ConcurrentHashMap<ReplicaId, StoreActor> actors = new ConcurrentHashMap<>();

    /**
     * A server without stores.
     *
     * @param runtime time and threads
     * @param listener hears of its stores
     */
    public ReplicaServer(HostRuntime runtime, ReplicaListener listener) {
        this.runtime = runtime;
        this.listener = listener;
    }

    /**
     * Serves a store.
     *
     * @param store an open store
     * @param gate its gate, which has heard of the store's promise
     * @param strand the store's strand
     * @throws PermanentException when the replica is served already
     */
    public void serve(VolumeStore store, FencingGate gate, Strand strand) throws PermanentException {
        StoreActor actor = new StoreActor(store, gate, strand, runtime, listener);
        if (actors.putIfAbsent(store.replica(), actor) != null) {
            throw new PermanentException("replica " + store.replica() + " is open on this host already");
        }
    }

    /**
     * Stops serving a replica: its gate is shut and what is under way ends.
     *
     * @param replica which replica
     * @return completes when nobody works on the store any more; at once when it is not served
     */
    public CompletionStage<Void> stop(ReplicaId replica) {
        StoreActor actor = actors.remove(replica);
        return actor == null ? CompletableFuture.completedFuture(null) : actor.stop();
    }

    @Override
    public CompletionStage<Void> handle(Request request, ResponseSink back) {
        StoreActor actor = actors.get(request.replica());
        if (actor == null) {
            back.send(new Response.Failed(
                    request.replica(),
                    request.token(),
                    0,
                    new RetriableException(
                            "replica " + request.replica() + " is not open on this host", NOT_OPEN_RETRY)));
            return CompletableFuture.completedFuture(null);
        }
        return actor.handle(request, back);
    }
}
