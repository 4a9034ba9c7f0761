package io.resilver.execution;

import io.resilver.spi.error.ResourceExhaustedException;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;

/** Who waits for a commit, in the order of LSNs. Used on the strand. */
final class CommitWaiters {
    /** Writers that wait at a time: each is a host's client thread or request; more is a host without a bound of its own. */
    static final int MOST = 100_000;

    private record Waiter(long lsn, CompletableFuture<Void> answer) {}

    private final PriorityQueue<Waiter> waiting = new PriorityQueue<>(Comparator.comparingLong(Waiter::lsn));

    void add(long lsn, CompletableFuture<Void> answer) {
        if (waiting.size() >= MOST) {
            answer.completeExceptionally(new ResourceExhaustedException(
                    MOST + " writers wait for a commit already: bound the writes in the host", "commit-waiters"));
            return;
        }
        waiting.add(new Waiter(lsn, answer));
    }

    void committed(long lsn) {
        while (!waiting.isEmpty() && waiting.peek().lsn() <= lsn) {
            waiting.remove().answer().complete(null);
        }
    }

    void fail(Exception cause) {
        while (!waiting.isEmpty()) {
            waiting.remove().answer().completeExceptionally(cause);
        }
    }
}
