package io.resilver.plugin.driver;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.Versioned;
import io.resilver.spi.model.HostId;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** A fault injector before a real store: compare-and-sets that find the host's node gone, or whose answer comes late. */
final class FaultyStore implements CoordinationStore {
    private final CoordinationStore real;
    private final AtomicInteger withoutNode = new AtomicInteger();
    private volatile Optional<CompletableFuture<Void>> late = Optional.empty();
    private final CompletableFuture<Void> applied = new CompletableFuture<>();

    FaultyStore(CoordinationStore real) {
        this.real = real;
    }

    /** The next compare-and-sets are not applied: the node that they check is gone again. */
    void loseNode(int times) {
        withoutNode.set(times);
    }

    /** Answers of compare-and-sets wait from now on until {@link #letGo}. */
    void holdAnswers() {
        late = Optional.of(new CompletableFuture<>());
    }

    /** Completes once a compare-and-set whose answer is held has been applied. */
    CompletionStage<Void> applied() {
        return applied;
    }

    void letGo() {
        late.orElseThrow().complete(null);
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
        CompletionStage<Answer> answer = real.compareAndSet(path, data, version, checks);
        return late.<CompletionStage<Answer>>map(gate -> answer.thenCompose(known -> {
                    applied.complete(null);
                    return gate.thenApply(now -> known);
                }))
                .orElse(answer);
    }

    @Override
    public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
        return real.read(path);
    }

    @Override
    public CompletionStage<Answer> create(String path, String mark, byte[] data, Set<String> checks) {
        return real.create(path, mark, data, checks);
    }

    @Override
    public CompletionStage<Answer> delete(String path, String mark, int version, Set<String> checks) {
        return real.delete(path, mark, version, checks);
    }

    @Override
    public CompletionStage<Set<String>> children(String path) {
        return real.children(path);
    }

    @Override
    public CompletionStage<HostNode> openHostNode(HostId host, byte[] data) {
        return real.openHostNode(host, data);
    }

    @Override
    public CompletionStage<Answer> heartbeat(HostNode node, byte[] data) {
        return real.heartbeat(node, data);
    }

    @Override
    public Duration sessionTimeout() {
        return real.sessionTimeout();
    }

    @Override
    public void onHint(Runnable hint) {
        real.onHint(hint);
    }

    @Override
    public void close() {
        real.close();
    }
}
