package io.resilver.replica;

import io.resilver.replica.link.Request;
import io.resilver.replica.link.Weight;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What waits for its turn at one store, in the order in which it came; touched on the store's strand only. */
final class RequestQueue {
    /** Requests that wait or run, by weight: two windows of a sender, so that only one that keeps none is hit. */
    static final long MAX_QUEUED = 16L << 20;

    /**
     * What one change may cover: enough that hand-overs do not count, and a part of a sender's window, so that the first half of
     * one is forced while the second is appended.
     */
    static final long MAX_GROUP = 2L << 20;

    private final ArrayDeque<Job> jobs = new ArrayDeque<>();
    private long weight;

    /** Something that waits for its turn. */
    sealed interface Job {}

    /** A request of a session. */
    record Asked(Request.Sequenced request, Session session, long weight, CompletableFuture<Void> done)
            implements Job {}

    /** Anything else that needs the store for itself. */
    record Turn(Runnable begin) implements Job {}

    boolean isEmpty() {
        return jobs.isEmpty();
    }

    /** Whether what comes next is an append. */
    boolean beginsWithAppend() {
        return jobs.peek() instanceof Asked asked && asked.request() instanceof Request.Append;
    }

    /** Whether what comes next is a range of a base, or an offer of some. */
    boolean beginsWithRange() {
        return jobs.peek() instanceof Asked asked
                && (asked.request() instanceof Request.BaseRange || asked.request() instanceof Request.BaseOffer);
    }

    /** Whether what comes next is no request of a session. */
    boolean beginsWithTurn() {
        return jobs.peek() instanceof Turn;
    }

    boolean isFull() {
        return weight > MAX_QUEUED;
    }

    /** What waits and runs, by weight. */
    long weight() {
        return weight;
    }

    void add(Request.Sequenced request, Session session, CompletableFuture<Void> done) {
        Asked asked = new Asked(request, session, Weight.of(request), done);
        weight += asked.weight();
        jobs.add(asked);
    }

    void add(Turn turn) {
        jobs.add(turn);
    }

    Job take() {
        return jobs.remove();
    }

    /** The requests right behind one that can be one change with it, and that one first. */
    List<Asked> groupWith(Asked first) {
        List<Asked> group = new ArrayList<>();
        group.add(first);
        Asked last = first;
        long sum = first.weight();
        while (jobs.peek() instanceof Asked also
                && also.session() == first.session()
                && follows(last.request(), also.request())
                && sum + also.weight() <= MAX_GROUP) {
            sum += also.weight();
            group.add(also);
            jobs.remove();
            last = also;
        }
        return group;
    }

    /** Appends, or ranges that lie side by side: what lies between others has its turn first. */
    private static boolean follows(Request.Sequenced one, Request.Sequenced next) {
        if (one instanceof Request.BaseRange range) {
            return next instanceof Request.BaseRange also && also.index() == range.index() + 1;
        }
        return one instanceof Request.Append && next instanceof Request.Append;
    }

    /** These were dealt with, or never will be. */
    void dealtWith(List<Asked> group) {
        for (Asked asked : group) {
            weight -= asked.weight();
            asked.done().complete(null);
        }
    }

    /** Drops what waits of a session. */
    void drop(Session ended) {
        List<Asked> dropped = new ArrayList<>();
        for (Job job : jobs) {
            if (job instanceof Asked asked && asked.session() == ended) {
                dropped.add(asked);
            }
        }
        jobs.removeAll(dropped);
        dealtWith(dropped);
    }
}
