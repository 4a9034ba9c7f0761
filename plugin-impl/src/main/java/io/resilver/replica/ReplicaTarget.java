package io.resilver.replica;

import io.resilver.engine.EpochLimit;
import io.resilver.replica.FencingGate.Standing;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.RequestHandler.ResponseSink;
import io.resilver.replica.link.Response;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.VolumeStore;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * One open store as senders meet it. Requests come in on a strand, but for questions for a sign of life, which the gate answers at once; one change at a time runs on the I/O executor. While it
 * runs the next requests queue up, and those of a kind that can share a flush become one change. A flush of what was appended
 * runs beside the next append: the disk never waits for the network, nor the network for the disk.
 *
 * <p>A fence shuts lower tokens out the moment it comes. What then follows waits its turn: the change that is under way
 * ends, the promise is made durable, the position is read, the answer goes out (R2, R34). Where the change under way has not
 * come back for long, a sender is told so at once.
 *
 * <p>A session ends at its first error; the sender opens another. Thread safe; no method blocks.
 */
public final class ReplicaTarget {
    private final ReplicaId replica;
    private final StoreGate gate;
    private final StoreChanges changes;
    private final Refusals refusals;
    private final ReplicaEvents events;
    private final StoreIo io;
    private final Strand strand;
    private final Digests digests;

    private final StoreWork work;
    /** How many connections of senders have broken; a sign of life from before a break is none after it. */
    private long linksLost;

    ReplicaTarget(VolumeStore store, StoreGate gate, HostRuntime runtime, ReplicaEvents events, AdapterTraits adapter) {
        this.replica = store.replica();
        this.events = events;
        this.gate = gate;
        this.changes = new StoreChanges(
                adapter.storeOf(replica),
                adapter.declares(Capability.TRUNCATE),
                store.target(),
                gate,
                events,
                runtime.clock());
        this.refusals = new Refusals(replica);
        this.strand = new Strand(runtime.workers(), bug -> events.defect(replica, bug));
        this.io = new StoreIo(adapter.storeOf(replica), runtime, strand);
        this.work = new StoreWork(replica, gate, changes, io);
        this.digests = new Digests(
                store,
                adapter.declares(Capability.SAME_IMAGE),
                io,
                new StoreIo(adapter.storeOf(replica), runtime, strand));
    }

    /**
     * The gate of this store, for the primary's own writer.
     *
     * @return the same object at every call
     */
    public StoreGate gate() {
        return gate;
    }

    /**
     * Promises the epoch that a quorum operation read, durably, and opens the gate (R36). A higher promise that the store
     * has made already stays (R42). Once the gate was opened, it changes nothing.
     *
     * @param read the epoch of the volume's record, or empty when none was minted yet
     * @return the promise; fails with a {@link FencedException} when the store has promised another term of the same
     *     number, and with what the store says when the promise could not be made durable: the gate stays shut, and it may
     *     be asked for again; a primary of that other term hears of it then, and goes above both (R42)
     */
    public CompletionStage<Optional<Epoch>> open(Optional<Epoch> read) {
        CompletableFuture<Optional<Epoch>> result = new CompletableFuture<>();
        turn(() -> io.run(
                () -> gate.wasOpened() ? gate.level() : changes.promise(read),
                promised -> work.ending(() -> {
                    if (!gate.wasOpened()) {
                        gate.open(promised);
                    }
                    result.complete(promised);
                }),
                error -> work.ending(() -> {
                    changes.conflicting().ifPresent(gate::keepsTo);
                    result.completeExceptionally(error);
                })));
        return result;
    }

    /**
     * Fences this host's own store for its own writer, in a take-over (R32).
     *
     * @param token the new term, session 0
     * @return where the store stands, once lower tokens are shut out and gone and the promise is durable; fails with a
     *     {@link RecoveryException}
     */
    public CompletionStage<Fenced> fence(Token token) {
        CompletableFuture<Fenced> result = new CompletableFuture<>();
        ResponseSink answer = response -> {
            if (response instanceof Response.Fenced fenced) {
                result.complete(new Fenced(replica, token, fenced.store(), fenced.position()));
            } else if (response instanceof Response.Failed failed) {
                result.completeExceptionally(failed.cause());
            } else if (response instanceof Response.Refused refused) {
                result.completeExceptionally(new FencedException(
                        "token " + token + " was refused by the store of " + replica, refused.promisedEpoch()));
            }
        };
        strand.execute(() -> fence(new Request.Fence(replica, token), answer, new CompletableFuture<>()));
        return result;
    }

    /**
     * Ends the session that is open and lets nobody in any more.
     *
     * @return completes once nothing here touches the store any more
     */
    public CompletionStage<Void> close() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        strand.execute(() -> {
            CompletionStage<Void> unread = digests.close();
            CompletionStage<Void> drained = gate.shut().thenCompose(left -> unread);
            work.session().ifPresent(open -> work.endWith(open, open.lastSequence(), refusals.notOpen()));
            turn(() -> drained.whenComplete((nothing, never) -> strand.execute(() -> io.run(
                    () -> {
                        changes.closeInstall();
                        return true;
                    },
                    done -> finish(closed),
                    error -> finish(closed)))));
        });
        return closed;
    }

    private void finish(CompletableFuture<Void> closed) {
        work.idle();
        closed.complete(null);
    }

    /** Takes a request; see {@link io.resilver.replica.link.RequestHandler}. */
    CompletionStage<Void> handle(Request request, ResponseSink back) {
        if (request instanceof Request.Ask ask && isAnsweredAtOnce(ask, back)) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        strand.execute(() -> {
            if (request.token().session() == 0) {
                back.send(refusals.failed(request, refusals.ownWriter(request.token())));
                done.complete(null);
            } else if (request instanceof Request.Fence fence) {
                fence(fence, back, done);
            } else if (request instanceof Request.Ask ask) {
                if (!isAnsweredAtOnce(ask, back)) {
                    refuse(ask, back);
                }
                done.complete(null);
            } else if (request instanceof Request.Question question) {
                digest(question, back, done);
            } else if (request instanceof Request.Sequenced sequenced) {
                sequenced(sequenced, back, done);
            }
        });
        return done;
    }

    /** A connection of a sender is gone: told after everything that came over it, which may wait its turn yet (R39). */
    void lost(HostId from) {
        strand.execute(() -> {
            linksLost++;
            events.linkLost(replica, from);
        });
    }

    /** A sender has closed its stream: told after everything that came over it (R39). */
    void left(HostId from) {
        strand.execute(() -> events.senderLeft(replica, from));
    }

    /**
     * A sign of life says what the gate says at that moment, and waits for nobody's turn: a host with thousands of replicas is
     * asked thousands of times a second.
     */
    private boolean isAnsweredAtOnce(Request.Ask ask, ResponseSink back) {
        if (ask.token().session() == 0 || !gate.isCurrent(ask.token())) {
            return false;
        }
        events.heardFromPrimary(replica, ask.token());
        back.send(new Response.Answered(replica, ask.token(), ask.question()));
        return true;
    }

    private void digest(Request.Question asked, ResponseSink back, CompletableFuture<Void> done) {
        if (!gate.isCurrent(asked.token())) {
            refuse(asked, back);
            done.complete(null);
            return;
        }
        Consumer<Response> answer = response -> {
            done.complete(null);
            back.send(response);
        };
        if (asked instanceof Request.DigestLog log) {
            digests.answer(log, answer);
        } else if (asked instanceof Request.DigestImage image) {
            digests.answer(image, begin -> work.addTurn(() -> begin.accept(work::idle)), answer);
        }
    }

    private void sequenced(Request.Sequenced request, ResponseSink back, CompletableFuture<Void> done) {
        Optional<Session> mine = work.session().filter(each -> each.token().equals(request.token()));
        if (mine.isEmpty()) {
            refuse(request, back);
            done.complete(null);
            return;
        }
        Session open = mine.get();
        if (open.hasEnded()) {
            done.complete(null); // it was under way when the session ended, and the sender knows of that
            return;
        }
        if (!open.accepts(request.sequence())) {
            work.endWith(open, request.sequence(), refusals.outOfSequence(request, open.lastSequence() + 1));
            done.complete(null);
        } else {
            events.heardFromPrimary(replica, request.token());
            work.add(request, open, done);
        }
    }

    private void fence(Request.Fence fence, ResponseSink back, CompletableFuture<Void> done) {
        Token token = fence.token();
        try {
            EpochLimit.require(token.epoch());
        } catch (PermanentException beyondBelief) { // before it shuts out those who may come
            back.send(refusals.failed(fence, beyondBelief));
            done.complete(null);
            return;
        }
        FencingGate.Closing closing = gate.closeBelow(token);
        if (closing.drained().isEmpty()) {
            refuseFence(fence, closing, back);
            done.complete(null);
            return;
        }
        // At once: a loaded disk may take longer over the promise than a primary that lost its connection is waited
        // for.
        events.heardFromPrimary(replica, token);
        work.session().ifPresent(old -> work.end(old, refusals.refused(old.token(), closing.level())));
        Optional<RetriableException> hanging = io.hanging();
        if (hanging.isPresent() && token.session() != 0) {
            // It is shut out already; whoever waits in line for a call that may never end waits without a bound.
            back.send(refusals.failed(fence, hanging.get()));
            done.complete(null);
            return;
        }
        CompletionStage<Void> drained = closing.drained().get();
        long lostBefore = linksLost;
        turn(() ->
                drained.whenComplete((nothing, never) -> strand.execute(() -> promise(fence, lostBefore, back, done))));
    }

    /** The store is quiet: promise, read, answer. A fence that a higher one has overtaken changes nothing more. */
    private void promise(Request.Fence fence, long lostBefore, ResponseSink back, CompletableFuture<Void> done) {
        Token token = fence.token();
        if (gate.standingOf(token) != Standing.LEVEL) {
            refuse(fence, back);
            work.idle();
            done.complete(null);
            return;
        }
        io.run(
                () -> {
                    Optional<Epoch> promised = changes.promise(Optional.of(token.epoch()));
                    if (!promised.equals(Optional.of(token.epoch()))) {
                        throw new FencedException(
                                "the store of " + replica + " has promised " + promised,
                                promised.map(Epoch::number).orElse(0L));
                    }
                    return changes.stand(token);
                },
                fenced -> work.ending(() -> {
                    if (gate.admit(token)) {
                        work.open(new Session(token, back));
                        if (linksLost == lostBefore) {
                            events.heardFromPrimary(replica, token);
                        }
                        back.send(fenced);
                    } else {
                        refuse(fence, back);
                    }
                    done.complete(null);
                }),
                error -> work.ending(() -> {
                    back.send(refusals.failed(fence, error));
                    done.complete(null);
                }));
    }

    private void refuseFence(Request fence, FencingGate.Closing closing, ResponseSink back) {
        if (closing.standing() != Standing.LEVEL) {
            back.send(refusals.answer(fence, closing.standing(), closing.level()));
            return;
        }
        RecoveryException twice = refusals.openedTwice(fence.token());
        work.session()
                .filter(each -> each.token().equals(fence.token()))
                .ifPresent(each -> work.endWith(each, 0, twice));
        back.send(refusals.failed(fence, twice));
    }

    private void refuse(Request request, ResponseSink back) {
        Standing standing = gate.standingOf(request.token());
        Optional<Epoch> level = gate.level();
        gate.tell(request.token(), standing, level);
        back.send(refusals.answer(request, standing, level));
    }

    private void turn(Runnable begin) {
        strand.execute(() -> work.addTurn(begin));
    }
}
