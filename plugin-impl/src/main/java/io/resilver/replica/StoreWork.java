package io.resilver.replica;

import io.resilver.replica.RequestQueue.Asked;
import io.resilver.replica.RequestQueue.Job;
import io.resilver.replica.RequestQueue.Turn;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.model.ReplicaId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * What is done to one store, one change after the other in the order in which they were asked for, by the session that is open
 * or by whoever needs the store for himself. Requests of a kind that can be one change become one. Beside a force of what was
 * written more of it is written: the disk never waits for the network, nor the network for the disk. Touched on the store's
 * strand only.
 */
final class StoreWork {
    private final ReplicaId replica;
    private final StoreGate gate;
    private final StoreChanges changes;
    private final StoreIo io;
    private final RequestQueue queue = new RequestQueue();
    private final Forces forces = new Forces();
    private final RangeForces ranges = new RangeForces();
    private Optional<Session> session = Optional.empty();
    private boolean busy;

    StoreWork(ReplicaId replica, StoreGate gate, StoreChanges changes, StoreIo io) {
        this.replica = replica;
        this.gate = gate;
        this.changes = changes;
        this.io = io;
    }

    // ------------------------------------------------------------------------------------------------ sessions

    /** The session that was opened last. */
    Optional<Session> session() {
        return session;
    }

    void open(Session opened) {
        session = Optional.of(opened);
    }

    void endWith(Session ended, long covers, RecoveryException why) {
        end(ended, new Response.Failed(replica, ended.token(), covers, why));
    }

    /** Ends a session: its token enters no more, and what waits of it is dropped. */
    void end(Session ended, Response last) {
        gate.retire(ended.token());
        ended.end(last);
        queue.drop(ended);
        queue.dealtWith(forces.take());
        ranges.forget();
    }

    private Optional<Session> living() {
        return session.filter(each -> !each.hasEnded());
    }

    // ------------------------------------------------------------------------------------------------ turns

    /** Takes a request of a session, or ends a session that sends more than may wait. */
    void add(Request.Sequenced request, Session mine, CompletableFuture<Void> done) {
        if (queue.isFull()) {
            endWith(
                    mine,
                    request.sequence(),
                    new ResourceExhaustedException(
                            queue.weight() + " bytes wait at " + replica + ", more than " + RequestQueue.MAX_QUEUED
                                    + ": send less before the answers come",
                            "requests that wait"));
            done.complete(null);
        } else {
            queue.add(request, mine, done);
            next();
        }
    }

    /** Has something begun once it has the store for itself; {@link #idle} or {@link #ending} is its end. */
    void addTurn(Runnable begin) {
        queue.add(new Turn(begin));
        next();
    }

    /**
     * Takes the next change in hand, when none is under way. Beside a force only more of what it forces goes on, and the store is
     * told what is committed while nothing is worth being appended. What is no append finds a store that was told of all of it;
     * what comes of a base finds all before it digested.
     */
    private void next() {
        while (!busy) {
            if (living().isPresent() && settlesNext()) {
                settle(living().get());
            } else if (!mayGoOn()) {
                return;
            } else if (!queue.beginsWithTurn() && living().isPresent() && changes.owesHeld()) {
                if (ranges.isRunning()) {
                    return; // what turns out to have rotted is discarded, which must not happen beside a force
                }
                digestHeld(living().get());
            } else if (queue.isEmpty()) {
                return;
            } else {
                take(queue.take());
            }
        }
    }

    private boolean settlesNext() {
        return changes.owesCommitted()
                && !ranges.isRunning()
                && (!queue.beginsWithAppend() || forces.nextIsFull() || changes.owesMuchCommitted());
    }

    private boolean mayGoOn() {
        return (forces.isIdle() || queue.beginsWithAppend())
                && (!ranges.isRunning() || (queue.beginsWithRange() && ranges.hasRoom()));
    }

    private void take(Job job) {
        if (job instanceof Turn turn) {
            busy = true;
            turn.begin().run();
        } else if (job instanceof Asked first) {
            begin(queue.groupWith(first));
        }
    }

    /** The end of what the store was busy with: it takes the next change in hand even where telling of this one throws. */
    void ending(Runnable tell) {
        try {
            tell.run();
        } finally {
            idle();
        }
    }

    void idle() {
        busy = false;
        next();
    }

    // ------------------------------------------------------------------------------------------------ what nobody
    // asked for

    /** A step of it. */
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

    /** Also while nothing has come yet: then the sender digests the same ranges at the same time. */
    private void digestHeld(Session open) {
        busy = true;
        io.run(
                () -> {
                    changes.digestHeld(open.token());
                    return true;
                },
                done -> ending(() -> open.answer(changes.staged(open.token(), ranges.lastWritten()))),
                error -> ending(() -> endWith(open, open.lastSequence(), error)));
    }

    // ------------------------------------------------------------------------------------------------ requests

    private void begin(List<Asked> group) {
        busy = true;
        Request.Sequenced first = group.get(0).request();
        if (first instanceof Request.Append) {
            append(group);
        } else if (first instanceof Request.BaseRange) {
            write(group);
        } else if (first instanceof Request.BaseOffer offer) {
            take(group, offer);
        } else {
            change(group);
        }
    }

    private void change(List<Asked> alone) {
        Asked asked = alone.get(0);
        Session mine = asked.session();
        io.run(
                () -> change(asked.request()),
                answer -> {
                    if (answer.isEmpty() && !mine.hasEnded()) {
                        // A sign of progress: reading a large base back takes longer than a sender waits for nothing.
                        mine.answer(changes.staged(mine.token(), asked.request().sequence() - 1));
                        change(alone); // more of it is to be done; a fence may come in between
                        return;
                    }
                    ending(() -> {
                        queue.dealtWith(alone); // first: who hears it may send at once, and finds its window free
                        if (asked.request() instanceof Request.BaseBegin begun) {
                            changes.candidates(begun).ifPresent(mine::answer);
                        }
                        answer.ifPresent(mine::answer);
                    });
                },
                error -> ending(() -> failed(alone, error)));
    }

    private Optional<Response> change(Request.Sequenced request) throws RecoveryException {
        if (request instanceof Request.Truncate truncate) {
            return Optional.of(changes.truncate(truncate));
        } else if (request instanceof Request.BaseBegin begin) {
            return Optional.of(changes.begin(begin));
        } else if (request instanceof Request.BaseCommit commit) {
            return changes.commit(commit);
        }
        throw new IllegalStateException("a request of a new kind: " + request.getClass());
    }

    private void append(List<Asked> group) {
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

    private void write(List<Asked> group) {
        Session mine = group.get(0).session();
        io.run(
                () -> changes.write(requests(group, Request.BaseRange.class)),
                answer -> ending(() -> {
                    queue.dealtWith(group);
                    mine.answer(answer);
                    if (!mine.hasEnded()) {
                        ranges.wrote(
                                group.stream().mapToLong(Asked::weight).sum(),
                                group.get(group.size() - 1).request().sequence());
                        forceRanges();
                    }
                }),
                error -> ending(() -> failed(group, error)));
    }

    private void take(List<Asked> alone, Request.BaseOffer offer) {
        Session mine = alone.get(0).session();
        io.run(
                () -> changes.take(offer),
                taken -> ending(() -> {
                    queue.dealtWith(alone);
                    mine.answer(taken.answer());
                    if (!mine.hasEnded() && taken.unforced() > 0) {
                        ranges.wrote(taken.unforced(), offer.sequence());
                        forceRanges();
                    }
                }),
                error -> ending(() -> failed(alone, error)));
    }

    private static <T> List<T> requests(List<Asked> group, Class<T> type) {
        return group.stream().map(asked -> type.cast(asked.request())).toList();
    }

    private void failed(List<Asked> group, RecoveryException error) {
        Asked last = group.get(group.size() - 1);
        endWith(last.session(), last.request().sequence(), error);
        queue.dealtWith(group);
    }

    // ------------------------------------------------------------------------------------------------ forces

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

    private void forced(Runnable tell) {
        try {
            tell.run();
        } finally {
            forces.ended();
            force();
            next();
        }
    }

    /** Makes durable what was written of a base, while more of it is written. */
    private void forceRanges() {
        Optional<Session> open = living();
        if (open.isEmpty() || !ranges.isDue(queue.beginsWithRange())) {
            return;
        }
        Session mine = open.get();
        long written = ranges.lastWritten();
        ranges.began();
        io.run(
                () -> changes.forceBase(mine.token(), written),
                answer -> rangesForced(() -> mine.answer(answer)),
                error -> rangesForced(() -> endWith(mine, mine.lastSequence(), error)));
    }

    private void rangesForced(Runnable tell) {
        try {
            tell.run();
        } finally {
            ranges.ended();
            forceRanges();
            next();
        }
    }
}
