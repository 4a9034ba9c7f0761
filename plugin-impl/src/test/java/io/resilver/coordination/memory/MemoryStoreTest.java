package io.resilver.coordination.memory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.CoordinationStoreContract;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.Paths;
import io.resilver.coordination.Versioned;
import io.resilver.replica.ManualRuntime;
import io.resilver.spi.model.HostId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The store in memory keeps what every store promises, and breaks what ZooKeeper breaks, when it is told to. */
class MemoryStoreTest extends CoordinationStoreContract {
    private static final Duration SESSION = Duration.ofSeconds(6);
    private static final Duration REMOVAL = Duration.ofSeconds(1);
    private static final HostId HOST = new HostId("host-a");
    private static final String RECORD = "/volumes/ab/v";
    private static final String MARK = "mark-1";
    private static final Duration STEP = Duration.ofMillis(10);
    private static final int MOST_STEPS = 10_000;

    private final ManualRuntime runtime = new ManualRuntime();
    private final MemoryEnsemble ensemble = new MemoryEnsemble(runtime, SESSION, REMOVAL);
    private final ArrayDeque<Fate> fates = new ArrayDeque<>();

    @Override
    protected MemoryStore client() {
        return new MemoryStore(ensemble, runtime, () -> fates.isEmpty() ? Fate.PROMPT : fates.remove());
    }

    @Override
    protected <T> T get(CompletionStage<T> stage) {
        until(() -> stage.toCompletableFuture().isDone());
        return stage.toCompletableFuture().join();
    }

    @Override
    protected Throwable failure(CompletionStage<?> stage) {
        until(() -> stage.toCompletableFuture().isDone());
        return stage.handle((value, error) -> error instanceof CompletionException ? error.getCause() : error)
                .toCompletableFuture()
                .join();
    }

    @Override
    protected void until(BooleanSupplier holds) {
        for (int i = 0; i < MOST_STEPS; i++) {
            runtime.advance(Duration.ZERO);
            runtime.runAll();
            if (holds.getAsBoolean()) {
                return;
            }
            runtime.advance(STEP);
        }
        throw new AssertionError("it does not come to hold");
    }

    @Override
    protected void expire(CoordinationStore client, HostNode node) {
        ensemble.expire(node.session());
    }

    @Test
    @DisplayName("R35: a change whose answer is lost is made; one whose request is lost is not; the client cannot tell")
    void ambiguity() {
        MemoryStore store = client();
        get(store.create(RECORD, MARK, bytes("one"), Set.of()));
        fates.add(Fate.ANSWER_LOST);
        assertThat(get(store.compareAndSet(RECORD, bytes("two"), 0, Set.of()))).isInstanceOf(Answer.Unknown.class);
        assertThat(text(get(store.read(RECORD)))).isEqualTo("two");
        fates.add(Fate.REQUEST_LOST);
        assertThat(get(store.compareAndSet(RECORD, bytes("three"), 1, Set.of())))
                .isInstanceOf(Answer.Unknown.class);
        assertThat(text(get(store.read(RECORD)))).isEqualTo("two");
    }

    @Test
    @DisplayName("R35: a request that is late comes after what was sent later")
    void late() {
        MemoryStore store = client();
        get(store.create(RECORD, MARK, bytes("one"), Set.of()));
        fates.add(Fate.late(Duration.ofSeconds(1)));
        CompletionStage<Answer> late = store.compareAndSet(RECORD, bytes("late"), 0, Set.of());
        assertThat(get(store.compareAndSet(RECORD, bytes("two"), 0, Set.of()))).isEqualTo(new Answer.Applied(1));
        assertThat(get(late)).isInstanceOf(Answer.Conflict.class);
    }

    @Test
    @DisplayName("R35: a read may be old")
    void stale() {
        MemoryStore store = client();
        get(store.create(RECORD, MARK, bytes("one"), Set.of()));
        get(store.compareAndSet(RECORD, bytes("two"), 0, Set.of()));
        get(store.compareAndSet(RECORD, bytes("three"), 1, Set.of()));
        fates.add(Fate.stale(1));
        assertThat(text(get(store.read(RECORD)))).isEqualTo("two");
        fates.add(Fate.stale(3));
        assertThat(get(store.read(RECORD))).isEmpty();
        assertThat(text(get(store.read(RECORD)))).isEqualTo("three");
    }

    @Test
    @DisplayName(
            "R38: a client that is cut off for longer than its session loses it; its node is seen for a while longer")
    void cutOff() {
        MemoryStore store = client();
        MemoryStore other = client();
        HostNode node = get(store.openHostNode(HOST, bytes("here")));
        store.cutOff(true);
        assertThat(get(store.heartbeat(node, bytes("here")))).isInstanceOf(Answer.Unknown.class);
        pass(SESSION.plusMillis(10), other);
        assertThat(get(other.children(Paths.HOSTS))).as("removed late").containsExactly(node.name());
        store.cutOff(false);
        HostNode next = get(store.openHostNode(HOST, bytes("here")));
        assertThat(next).isNotEqualTo(node);
        pass(REMOVAL, other);
        assertThat(get(other.children(Paths.HOSTS))).containsExactly(next.name());
    }

    @Test
    @DisplayName("R38: a client that comes back within its session keeps it, and its node")
    void backInTime() {
        MemoryStore store = client();
        MemoryStore other = client();
        HostNode node = get(store.openHostNode(HOST, bytes("here")));
        store.cutOff(true);
        pass(SESSION.minusMillis(100), other);
        store.cutOff(false);
        pass(SESSION.minusMillis(100), other);
        assertThat(get(store.openHostNode(HOST, bytes("here")))).isEqualTo(node);
    }

    @Test
    @DisplayName(
            "R42: put back to an older state, records are what they were, versions are used again, and sessions are over")
    void restored() {
        MemoryStore store = client();
        HostNode node = get(store.openHostNode(HOST, bytes("here")));
        get(store.create(RECORD, MARK, bytes("one"), Set.of()));
        MemoryEnsemble.Backup backup = ensemble.backUp();
        get(store.compareAndSet(RECORD, bytes("two"), 0, Set.of()));
        ensemble.restore(backup);
        assertThat(get(store.heartbeat(node, bytes("here")))).isInstanceOf(Answer.Unknown.class);
        assertThat(get(store.heartbeat(node, bytes("here")))).isInstanceOf(Answer.Missing.class);
        assertThat(text(get(store.read(RECORD)))).isEqualTo("one");
        assertThat(get(store.compareAndSet(RECORD, bytes("other"), 0, Set.of())))
                .isEqualTo(new Answer.Applied(1));
    }

    /** Time goes on while one client keeps talking. */
    private void pass(Duration time, MemoryStore talking) {
        for (Duration left = time; !left.isNegative() && !left.isZero(); left = left.minus(STEP)) {
            runtime.advance(STEP);
            get(talking.read(RECORD));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static String text(Optional<Versioned<byte[]>> found) {
        return new String(found.orElseThrow().value(), UTF_8);
    }
}
