package io.resilver.host;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.ForwardingStore;
import io.resilver.spi.error.RetriableException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fault injector before a real store: compare-and-sets that find the host's node gone, or whose answer comes late or never, and
 * hosts that cannot be read.
 */
final class FaultyStore extends ForwardingStore {
    private final AtomicInteger withoutNode = new AtomicInteger();
    private final AtomicInteger lostAnswers = new AtomicInteger();
    private final AtomicInteger failedReadings = new AtomicInteger();
    private volatile boolean lost;
    private volatile boolean hostsUnreadable;
    private volatile Optional<CompletableFuture<Void>> late = Optional.empty();
    private final CompletableFuture<Void> applied = new CompletableFuture<>();

    FaultyStore(CoordinationStore real) {
        super(real);
    }

    /** The next compare-and-sets are not applied: the node that they check is gone again. */
    void loseNode(int times) {
        withoutNode.set(times);
    }

    /** Answers of compare-and-sets wait from now on until {@link #letGo}. */
    void holdAnswers() {
        late = Optional.of(new CompletableFuture<>());
    }

    /** No compare-and-set is answered any more; whether one is applied, nobody can tell. */
    void loseAnswers() {
        lost = true;
    }

    /** How many answers were lost. */
    int lostAnswers() {
        return lostAnswers.get();
    }

    /** Completes once a compare-and-set whose answer is held has been applied. */
    CompletionStage<Void> applied() {
        return applied;
    }

    void letGo() {
        late.orElseThrow().complete(null);
    }

    /** Whether the hosts can be read. */
    void hostsUnreadable(boolean unreadable) {
        hostsUnreadable = unreadable;
    }

    /** How many readings of the hosts have failed. */
    int failedReadings() {
        return failedReadings.get();
    }

    @Override
    public CompletionStage<Set<String>> children(String path) {
        if (hostsUnreadable) {
            failedReadings.incrementAndGet();
            return CompletableFuture.failedFuture(new RetriableException("no answer", Duration.ZERO));
        }
        return super.children(path);
    }

    /** How many of the compare-and-sets asked for by {@link #loseNode} are still to come. */
    int toLose() {
        return withoutNode.get();
    }

    @Override
    public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
        if (withoutNode.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            return CompletableFuture.completedFuture(
                    new Answer.Missing(checks.iterator().next()));
        }
        if (lost) {
            lostAnswers.incrementAndGet();
            return CompletableFuture.completedFuture(new Answer.Unknown("a test"));
        }
        CompletionStage<Answer> answer = super.compareAndSet(path, data, version, checks);
        return late.<CompletionStage<Answer>>map(gate -> answer.thenCompose(known -> {
                    applied.complete(null);
                    return gate.thenApply(now -> known);
                }))
                .orElse(answer);
    }
}
