package io.resilver.coordination.memory;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.Paths;
import io.resilver.coordination.Versioned;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.HostId;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One client of a {@link MemoryEnsemble}. Its faults decide what becomes of each request; a client that is cut off hears
 * nothing but that its answers are lost, and loses its session when it stays so for longer than the session lives.
 */
public final class MemoryStore implements CoordinationStore {
    private final MemoryEnsemble ensemble;
    private final HostRuntime runtime;
    private final Supplier<Fate> faults;
    private final Runnable watcher = this::hinted;
    private Runnable hint = () -> {};
    private long session;
    private boolean cutOff;
    private boolean closed;

    /**
     * A client with a session.
     *
     * @param ensemble the service
     * @param runtime the client's time and threads
     * @param faults what becomes of each request, in the order in which they are sent
     */
    public MemoryStore(MemoryEnsemble ensemble, HostRuntime runtime, Supplier<Fate> faults) {
        this.ensemble = ensemble;
        this.runtime = runtime;
        this.faults = faults;
        this.session = ensemble.openSession();
        ensemble.watch(watcher);
    }

    /**
     * The session in force.
     *
     * @return its id
     */
    public long session() {
        return session;
    }

    /**
     * Cuts the client off, or connects it again: in its old session where that still lives, in a new one otherwise.
     *
     * @param off whether it is cut off from now on
     */
    public void cutOff(boolean off) {
        cutOff = off;
        if (!off && !closed) {
            reconnect();
        }
        hinted();
    }

    /** The client's process dies: nothing is said any more, and the session lives on until its time is over. Idempotent. */
    public void abandon() {
        closed = true;
        ensemble.unwatch(watcher);
    }

    private void reconnect() {
        if (!ensemble.heard(session)) {
            session = ensemble.openSession();
        }
    }

    private void hinted() {
        if (!closed && !cutOff) {
            runtime.workers().execute(hint);
        }
    }

    @Override
    public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
        return ask(fate -> ensemble.read(path, fate.stale()));
    }

    @Override
    public CompletionStage<Set<String>> children(String path) {
        return ask(fate -> ensemble.children(path));
    }

    @Override
    public CompletionStage<Answer> create(String path, String mark, byte[] data, Set<String> checks) {
        return change(fate -> ensemble.create(path, mark, data, checks));
    }

    @Override
    public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
        return change(fate -> ensemble.set(path, data, Optional.of(version), checks));
    }

    @Override
    public CompletionStage<Answer> delete(String path, String mark, int version, Set<String> checks) {
        return change(fate -> ensemble.delete(path, mark, version, checks));
    }

    @Override
    public CompletionStage<HostNode> openHostNode(HostId host, byte[] data) {
        long mine = session;
        HostNode node = new HostNode(host, mine);
        return this.<Answer>ask(fate -> ensemble.create(Paths.host(node), data, Set.of(), OptionalLong.of(mine)))
                .thenCompose(answer -> ensemble.ownerOf(Paths.host(node)).equals(OptionalLong.of(mine))
                        ? CompletableFuture.completedFuture(node)
                        : CompletableFuture.failedFuture(
                                new RetriableException("host node " + node + " is gone already", Duration.ZERO)));
    }

    @Override
    public CompletionStage<Answer> heartbeat(HostNode node, byte[] data) {
        return change(fate -> ensemble.set(Paths.host(node), data, Optional.empty(), Set.of()));
    }

    @Override
    public CompletionStage<Answer> closeHostNode(HostNode node) {
        return change(fate -> ensemble.removeHostNode(Paths.host(node)));
    }

    @Override
    public Duration sessionTimeout() {
        return ensemble.sessionTimeout();
    }

    @Override
    public void onHint(Runnable task) {
        hint = task;
    }

    @Override
    public void close() {
        if (!closed) {
            abandon();
            if (!cutOff) {
                ensemble.closeSession(session);
            }
        }
    }

    private CompletionStage<Answer> change(Function<Fate, Answer> how) {
        return ask(how).exceptionally(lost -> new Answer.Unknown(String.valueOf(lost.getMessage())));
    }

    /** Sends a request; its stage fails when no answer comes, whatever was done. */
    private <T> CompletableFuture<T> ask(Function<Fate, T> how) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Fate fate = faults.get();
        if (closed || cutOff || fate.requestLost()) {
            lose(answer);
            return answer;
        }
        if (fate.answerLost() && !fate.arrives().isZero()) {
            lose(answer); // the connection is gone, and the request is on its way
        }
        long sentIn = session;
        runtime.after(
                fate.arrives(),
                () -> { // what is on its way arrives, also when its client is cut off or dead by then
                    if (!arrives(sentIn)) {
                        lose(answer);
                        return;
                    }
                    T result = how.apply(fate);
                    runtime.after(fate.answers(), () -> {
                        if (closed || cutOff || fate.answerLost()) {
                            lose(answer);
                        } else {
                            answer.complete(result);
                        }
                    });
                });
        return answer;
    }

    /** A request is carried out in the session in which it was sent, or not at all. */
    private boolean arrives(long sentIn) {
        if (ensemble.heard(sentIn)) {
            return true;
        }
        if (sentIn == session && !closed && !cutOff) {
            reconnect();
            hinted();
        }
        return false;
    }

    private void lose(CompletableFuture<?> answer) {
        runtime.workers()
                .execute(() -> answer.completeExceptionally(
                        new RetriableException("no answer came from the coordination service", Duration.ZERO)));
    }
}
