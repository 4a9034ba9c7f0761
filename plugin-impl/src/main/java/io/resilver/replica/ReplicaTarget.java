package io.resilver.replica;

import io.resilver.engine.EpochLimit;
import io.resilver.replica.FencingGate.Standing;
import io.resilver.replica.RequestQueue.Asked;
import io.resilver.replica.RequestQueue.Job;
import io.resilver.replica.RequestQueue.Turn;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.RequestHandler.ResponseSink;
import io.resilver.replica.link.Response;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.storage.VolumeStore;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * One open store as senders meet it. Requests come in on a strand; one change at a time runs on the I/O executor. While it
 * runs the next requests queue up, and those of a kind that can share a flush become one change. A flush of what was appended
 * runs beside the next append: the disk never waits for the network, nor the network for the disk.
 *
 * <p>A fence shuts lower tokens out the moment it comes. What then follows waits its turn: the change that is under way
 * ends, the promise is made durable, the position is read, the answer goes out (R2, R34).
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

    private final RequestQueue queue = new RequestQueue();
    private final Forces forces = new Forces();
    private Optional<Session> session = Optional.empty();
    private boolean busy;
    /** How many connections of senders have broken; a sign of life from before a break is none after it. */
    private long linksLost;

    ReplicaTarget(
            VolumeStore store, StoreGate gate, HostRuntime runtime, ReplicaEvents events, boolean comparesImages) {
        this.replica = store.replica();
        this.events = events;
        this.gate = gate;
        this.changes = new StoreChanges(replica, store.target(), gate, events, runtime.clock());
        this.refusals = new Refusals(replica);
        this.strand = new Strand(runtime.workers(), bug -> events.defect(replica, bug));
        this.io = new StoreIo(replica, runtime.io(), strand);
        this.digests = new Digests(store, comparesImages, io);
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
     *     be asked for again
     */
    public CompletionStage<Optional<Epoch>> open(Optional<Epoch> read) {
        CompletableFuture<Optional<Epoch>> result = new CompletableFuture<>();
        turn(() -> io.run(
                () -> gate.wasOpened() ? gate.level() : changes.promise(read),
                promised -> ending(() -> {
                    if (!gate.wasOpened()) {
                        gate.open(promised);
                    }
                    result.complete(promised);
                }),
                error -> ending(() -> result.completeExceptionally(error))));
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
            session.ifPresent(open -> endWith(open, open.lastSequence(), refusals.notOpen()));
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
        idle();
        closed.complete(null);
    }

    /** Takes a request; see {@link io.resilver.replica.link.RequestHandler}. */
    CompletionStage<Void> handle(Request request, ResponseSink back) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        strand.execute(() -> {
            if (request.token().session() == 0) {
                back.send(refusals.failed(request, refusals.ownWriter(request.token())));
                done.complete(null);
            } else if (request instanceof Request.Fence fence) {
                fence(fence, back, done);
            } else if (request instanceof Request.Ask ask) {
                ask(ask, back);
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

    private void ask(Request.Ask ask, ResponseSink back) {
        if (gate.isCurrent(ask.token())) {
            events.heardFromPrimary(replica, ask.token());
            back.send(new Response.Answered(replica, ask.token(), ask.question()));
        } else {
            refuse(ask, back);
        }
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
            digests.answer(image, begin -> addTurn(() -> begin.accept(this::idle)), answer);
        }
    }

    private void sequenced(Request.Sequenced request, ResponseSink back, CompletableFuture<Void> done) {
        Optional<Session> mine = session.filter(each -> each.token().equals(request.token()));
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
            endWith(open, request.sequence(), refusals.outOfSequence(request, open.lastSequence() + 1));
            done.complete(null);
        } else if (queue.isFull()) {
            endWith(
                    open,
                    request.sequence(),
                    new ResourceExhaustedException(
                            queue.weight() + " bytes wait at " + replica + ", more than " + RequestQueue.MAX_QUEUED
                                    + ": send less before the answers come",
                            "requests that wait"));
            done.complete(null);
        } else {
            events.heardFromPrimary(replica, request.token());
            queue.add(request, open, done);
            next();
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
        session.ifPresent(old -> end(old, refusals.refused(old.token(), closing.level())));
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
            idle();
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
                fenced -> ending(() -> {
                    if (gate.admit(token)) {
                        session = Optional.of(new Session(token, back));
                        if (linksLost == lostBefore) {
                            events.heardFromPrimary(replica, token);
                        }
                        back.send(fenced);
                    } else {
                        refuse(fence, back);
                    }
                    done.complete(null);
                }),
                error -> ending(() -> {
                    back.send(refusals.failed(fence, error));
                    done.complete(null);
                }));
    }

    /**
     * Takes the next change in hand, when none is under way. Beside a force only appends of its session go on. What is no
     * append finds a store that was told of all that is committed.
     */
    private void next() {
        while (!busy && (forces.isIdle() || queue.beginsWithAppend())) {
            if (!queue.beginsWithAppend() && owesCommitted()) {
                settle(session.orElseThrow());
            } else if (queue.isEmpty()) {
                return;
            } else {
                take(queue.take());
            }
        }
    }

    private void take(Job job) {
        if (job instanceof Turn turn) {
            busy = true;
            turn.begin().run();
        } else if (job instanceof Asked first) {
            begin(queue.groupWith(first));
        }
    }

    private boolean owesCommitted() {
        return session.isPresent() && !session.get().hasEnded() && changes.owesCommitted();
    }

    /** No append comes next, with which the store would hear what is committed. */
    private void settle(Session open) {
        busy = true;
        io.run(
                () -> {
                    changes.settle(open.token());
                    return true;
                },
                done -> idle(),
                error -> ending(() -> endWith(open, open.lastSequence(), error)));
    }

    private void begin(List<Asked> group) {
        if (group.get(0).request() instanceof Request.Append) {
            append(group);
            return;
        }
        Session mine = group.get(0).session();
        busy = true;
        Asked last = group.get(group.size() - 1);
        io.run(
                () -> change(group),
                answer -> {
                    if (answer.isEmpty() && !mine.hasEnded()) {
                        // A sign of progress: reading a large base back takes longer than a sender waits for nothing.
                        mine.answer(new Response.BaseDurable(
                                replica, mine.token(), last.request().sequence() - 1, changes.stagedRanges()));
                        begin(group); // more of it is to be done; a fence may come in between
                        return;
                    }
                    ending(() -> {
                        queue.dealtWith(group); // first: who hears it may send at once, and finds its window free
                        answer.ifPresent(mine::answer);
                    });
                },
                error -> ending(() -> failed(group, error)));
    }

    private void append(List<Asked> group) {
        busy = true;
        io.run(
                () -> changes.append(requests(group, Request.Append.class)),
                entries -> ending(() -> {
                    if (group.get(0).session().hasEnded()) {
                        queue.dealtWith(group); // who fences next makes it durable
                    } else {
                        forces.appended(group, entries);
                        force();
                    }
                }),
                error -> ending(() -> failed(group, error)));
    }

    /** Makes durable what was appended, with one flush for all of it, while more is appended. */
    private void force() {
        if (!forces.isDue(queue.beginsWithAppend())) {
            return;
        }
        boolean entries = forces.hasEntries();
        List<Asked> group = forces.take();
        Asked last = group.get(group.size() - 1);
        Request.Append request = (Request.Append) last.request();
        if (!entries) {
            durable(group, changes.durable(request));
            return;
        }
        forces.began();
        io.run(
                () -> changes.force(request),
                answer -> forced(() -> durable(group, answer)),
                error -> forced(() -> failed(group, error)));
    }

    private void durable(List<Asked> group, Response answer) {
        queue.dealtWith(group); // first: who hears it may send at once, and finds its window free
        group.get(0).session().answer(answer);
    }

    private void failed(List<Asked> group, RecoveryException error) {
        Asked last = group.get(group.size() - 1);
        endWith(last.session(), last.request().sequence(), error);
        queue.dealtWith(group);
    }

    private void forced(Runnable tell) {
        try {
            tell.run();
        } finally {
            forces.ended();
            force();
            next();
        }
    }

    private Optional<Response> change(List<Asked> group) throws RecoveryException {
        Request.Sequenced first = group.get(0).request();
        if (first instanceof Request.BaseRange) {
            return Optional.of(changes.write(requests(group, Request.BaseRange.class)));
        } else if (first instanceof Request.Truncate truncate) {
            return Optional.of(changes.truncate(truncate));
        } else if (first instanceof Request.BaseBegin begin) {
            return Optional.of(changes.begin(begin));
        } else if (first instanceof Request.BaseCommit commit) {
            return changes.commit(commit);
        }
        throw new IllegalStateException("a request of a new kind: " + first.getClass());
    }

    private static <T> List<T> requests(List<Asked> group, Class<T> type) {
        return group.stream().map(asked -> type.cast(asked.request())).toList();
    }

    private void endWith(Session ended, long covers, RecoveryException why) {
        end(ended, new Response.Failed(replica, ended.token(), covers, why));
    }

    /** Ends a session: its token enters no more, and what waits of it is dropped. */
    private void end(Session ended, Response last) {
        gate.retire(ended.token());
        ended.end(last);
        queue.drop(ended);
        queue.dealtWith(forces.take());
    }

    private void refuseFence(Request fence, FencingGate.Closing closing, ResponseSink back) {
        if (closing.standing() != Standing.LEVEL) {
            back.send(refusals.answer(fence, closing.standing(), closing.level()));
            return;
        }
        RecoveryException twice = refusals.openedTwice(fence.token());
        session.filter(each -> each.token().equals(fence.token())).ifPresent(each -> endWith(each, 0, twice));
        back.send(refusals.failed(fence, twice));
    }

    private void refuse(Request request, ResponseSink back) {
        Standing standing = gate.standingOf(request.token());
        Optional<Epoch> level = gate.level();
        gate.tell(request.token(), standing, level);
        back.send(refusals.answer(request, standing, level));
    }

    private void turn(Runnable begin) {
        strand.execute(() -> addTurn(begin));
    }

    private void addTurn(Runnable begin) {
        queue.add(new Turn(begin));
        next();
    }

    /** The end of what the store was busy with: it takes the next change in hand even where telling of this one throws. */
    private void ending(Runnable tell) {
        try {
            tell.run();
        } finally {
            idle();
        }
    }

    private void idle() {
        busy = false;
        next();
    }
}
