package io.resilver.coordination;

import io.resilver.spi.error.RetriableException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fault injector before a real store: it loses answers of changes that were really applied, or whole requests, or holds a
 * request back until it is let go. Everything else goes through.
 */
final class LossyStore extends ForwardingStore {
    private volatile Runnable hint = () -> {};
    private final AtomicInteger loseAnswers = new AtomicInteger();
    private final AtomicInteger loseReads = new AtomicInteger();
    private final AtomicInteger loseRequests = new AtomicInteger();
    private final AtomicInteger changes = new AtomicInteger();
    private final AtomicInteger holdBack = new AtomicInteger();
    private volatile Optional<Runnable> held = Optional.empty();
    private volatile Runnable whenLost = () -> {};
    private volatile boolean denyHeartbeats;

    LossyStore(CoordinationStore real) {
        super(real);
    }

    /** The next changes are applied and their answers lost. */
    void loseAnswers(int count) {
        loseAnswers.set(count);
    }

    /** The next reads of one node get no answer. */
    void loseReads(int count) {
        loseReads.set(count);
    }

    /** Reads that were to be lost and did not come. */
    int readsToLose() {
        return loseReads.get();
    }

    /** Runs something after a change was applied and before its answer is found lost. */
    void whenLost(Runnable task) {
        whenLost = task;
    }

    /**
     * What a client does that gave up its session while the server still keeps it: another session is the present one. The
     * store of the old one is still open, and is the test's to close.
     */
    CoordinationStore switchTo(CoordinationStore other) {
        CoordinationStore old = real();
        old.onHint(() -> {});
        real(other);
        other.onHint(hint);
        hint.run();
        return old;
    }

    /** From now on heartbeats are refused, as they are when a client's rights were taken away. */
    void denyHeartbeats() {
        denyHeartbeats = true;
    }

    /** The next compare-and-sets are never sent and answered as unknown. */
    void loseRequests(int count) {
        loseRequests.set(count);
    }

    /** The next compare-and-set is answered as unknown and sent only by {@link #letGo}. */
    void holdBackOne() {
        holdBack.set(1);
    }

    /** Sends what was held back, late. */
    void letGo() {
        held.orElseThrow().run();
    }

    /** Whether something is held back. */
    boolean holds() {
        return held.isPresent();
    }

    /** Changes of any kind that were sent, but for host nodes and heartbeats. */
    int changes() {
        return changes.get();
    }

    @Override
    public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
        if (holdBack.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            held = Optional.of(() -> super.compareAndSet(path, data, version, checks)
                    .toCompletableFuture()
                    .join());
            return CompletableFuture.completedFuture(new Answer.Unknown("request late"));
        }
        if (loseRequests.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            return CompletableFuture.completedFuture(new Answer.Unknown("request lost"));
        }
        changes.incrementAndGet();
        CompletionStage<Answer> answer = super.compareAndSet(path, data, version, checks);
        return losing(answer);
    }

    private CompletionStage<Answer> losing(CompletionStage<Answer> answer) {
        return loseAnswers.getAndUpdate(n -> Math.max(0, n - 1)) > 0
                ? answer.thenApply(lost -> {
                    whenLost.run();
                    return new Answer.Unknown("answer lost: " + lost);
                })
                : answer;
    }

    @Override
    public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
        return loseReads.getAndUpdate(n -> Math.max(0, n - 1)) > 0
                ? CompletableFuture.failedFuture(new RetriableException("no answer came", Duration.ZERO))
                : super.read(path);
    }

    @Override
    public CompletionStage<Answer> create(String path, String mark, byte[] data, Set<String> checks) {
        changes.incrementAndGet();
        return losing(super.create(path, mark, data, checks));
    }

    @Override
    public CompletionStage<Answer> delete(String path, String mark, int version, Set<String> checks) {
        changes.incrementAndGet();
        return losing(super.delete(path, mark, version, checks));
    }

    @Override
    public CompletionStage<Answer> heartbeat(HostNode node, byte[] data) {
        return denyHeartbeats
                ? CompletableFuture.completedFuture(new Answer.Denied("NOAUTH"))
                : super.heartbeat(node, data);
    }

    @Override
    public void onHint(Runnable task) {
        hint = task;
        super.onHint(task);
    }
}
