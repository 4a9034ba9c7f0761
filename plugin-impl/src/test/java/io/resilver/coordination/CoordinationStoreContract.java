package io.resilver.coordination;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.HostId;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What every coordination store promises: the real one over an ensemble, and the one that simulations use. */
public abstract class CoordinationStoreContract {
    private static final HostId HOST = new HostId("host-a");
    private static final String RECORD = "/volumes/ab/v";
    private static final String MARK = "mark-1";

    private CoordinationStore store;

    /** Another client of the same service, in a session of its own. */
    protected abstract CoordinationStore client() throws Exception;

    /** Waits for a stage. */
    protected abstract <T> T get(CompletionStage<T> stage) throws Exception;

    /** Waits for the failure of a stage. */
    protected abstract Throwable failure(CompletionStage<?> stage) throws Exception;

    /** Waits until something holds. */
    protected abstract void until(BooleanSupplier holds) throws Exception;

    /** The service ends the client's session, as it does when a client is silent for too long. */
    protected abstract void expire(CoordinationStore client, HostNode node) throws Exception;

    @BeforeEach
    void openClient() throws Exception {
        store = client();
    }

    @AfterEach
    void closeClient() {
        store.close();
    }

    @Test
    @DisplayName("R35: what was created is read with its version, and exists once")
    void createdOnce() throws Exception {
        assertThat(get(store.read(RECORD))).isEmpty();
        assertThat(get(store.create(RECORD, MARK, bytes("one"), Set.of()))).isEqualTo(new Answer.Applied(0));
        assertThat(get(store.create(RECORD, MARK, bytes("two"), Set.of()))).isInstanceOf(Answer.Conflict.class);
        assertThat(text(get(store.read(RECORD)))).isEqualTo("one");
        assertThat(get(store.read(RECORD)).orElseThrow().version()).isZero();
    }

    @Test
    @DisplayName("R35: one version, one change; equal data still moves the version")
    void comparesAndSets() throws Exception {
        get(store.create(RECORD, MARK, bytes("one"), Set.of()));
        assertThat(get(store.compareAndSet(RECORD, bytes("one"), 0, Set.of()))).isEqualTo(new Answer.Applied(1));
        assertThat(get(store.compareAndSet(RECORD, bytes("late"), 0, Set.of()))).isInstanceOf(Answer.Conflict.class);
        assertThat(text(get(store.read(RECORD)))).isEqualTo("one");
        assertThat(get(store.compareAndSet("/volumes/ab/none", bytes("x"), 0, Set.of())))
                .isEqualTo(new Answer.Missing("/volumes/ab/none"));
    }

    @Test
    @DisplayName("R32, R35: checks and change are one transaction, for creation, change and deletion")
    void checks() throws Exception {
        HostNode own = get(store.openHostNode(HOST, bytes("here")));
        String gone = Paths.host(new HostNode(HOST, own.session() + 1));
        assertThat(get(store.create(RECORD, MARK, bytes("one"), Set.of(gone)))).isEqualTo(new Answer.Missing(gone));
        get(store.create(RECORD, MARK, bytes("one"), Set.of(Paths.host(own))));
        assertThat(get(store.compareAndSet(RECORD, bytes("two"), 0, Set.of(Paths.host(own), gone))))
                .isEqualTo(new Answer.Missing(gone));
        assertThat(get(store.delete(RECORD, MARK, 0, Set.of(gone)))).isEqualTo(new Answer.Missing(gone));
        assertThat(text(get(store.read(RECORD)))).isEqualTo("one");
        assertThat(get(store.compareAndSet(RECORD, bytes("two"), 0, Set.of(Paths.host(own)))))
                .isEqualTo(new Answer.Applied(1));
    }

    @Test
    @DisplayName("R35: a deletion needs the version, and a node made again begins at version 0")
    void deletes() throws Exception {
        get(store.create(RECORD, MARK, bytes("one"), Set.of()));
        get(store.compareAndSet(RECORD, bytes("two"), 0, Set.of()));
        assertThat(get(store.delete(RECORD, MARK, 7, Set.of()))).isInstanceOf(Answer.Conflict.class);
        assertThat(get(store.delete(RECORD, MARK, 1, Set.of()))).isEqualTo(new Answer.Applied(1));
        assertThat(get(store.read(RECORD))).isEmpty();
        assertThat(get(store.delete(RECORD, MARK, 1, Set.of()))).isEqualTo(new Answer.Missing(RECORD));
        assertThat(get(store.create(RECORD, MARK, bytes("three"), Set.of()))).isEqualTo(new Answer.Applied(0));
    }

    @Test
    @DisplayName("R35 R42: what was meant for a node that was deleted does not touch the one that was made again")
    void aLateChangeDoesNotTouchANodeMadeAgain() throws Exception {
        get(store.create(RECORD, MARK, bytes("old"), Set.of()));
        get(store.compareAndSet(RECORD, bytes("old too"), 0, Set.of()));
        get(store.delete(RECORD, MARK, 1, Set.of()));
        get(store.create(RECORD, MARK, bytes("new"), Set.of()));
        assertThat(get(store.compareAndSet(RECORD, bytes("late"), 1, Set.of()))).isInstanceOf(Answer.Conflict.class);
        assertThat(get(store.delete(RECORD, MARK, 1, Set.of()))).isInstanceOf(Answer.Conflict.class);
        assertThat(get(store.delete(RECORD, MARK, Integer.MAX_VALUE, Set.of()))).isInstanceOf(Answer.Conflict.class);
        assertThat(text(get(store.read(RECORD)))).isEqualTo("new");
    }

    @Test
    @DisplayName(
            "R35 R42: what checks the mark of a node that was deleted does not touch the one made again, at any version")
    void aLateChangeDoesNotTouchANodeWithAnotherMark() throws Exception {
        Set<String> checks = Set.of(RECORD + "/" + MARK);
        get(store.create(RECORD, MARK, bytes("old"), Set.of()));
        assertThat(get(store.compareAndSet(RECORD, bytes("old"), 0, checks))).isEqualTo(new Answer.Applied(1));
        get(store.delete(RECORD, MARK, 1, Set.of()));
        assertThat(get(store.compareAndSet(RECORD, bytes("late"), 1, checks)))
                .isEqualTo(new Answer.Missing(RECORD + "/" + MARK));
        get(store.create(RECORD, "mark-2", bytes("new"), Set.of()));
        get(store.compareAndSet(RECORD, bytes("new"), 0, Set.of(RECORD + "/mark-2")));
        for (int version = 0; version < 3; version++) {
            assertThat(get(store.compareAndSet(RECORD, bytes("late"), version, checks)))
                    .isEqualTo(new Answer.Missing(RECORD + "/" + MARK));
            assertThat(get(store.delete(RECORD, MARK, version, Set.of()))).isEqualTo(new Answer.Missing(RECORD));
        }
        Versioned<byte[]> found = get(store.read(RECORD)).orElseThrow();
        assertThat(new String(found.value(), UTF_8)).isEqualTo("new");
        assertThat(found.version()).isEqualTo(1);
        assertThat(get(store.children("/volumes/ab"))).containsExactly("v");
        assertThat(get(store.children(RECORD))).containsExactly("mark-2");
    }

    @Test
    @DisplayName("R40: children are listed, and a parent that is not there has none")
    void children() throws Exception {
        get(store.create("/volumes/ab/v1", MARK, bytes(""), Set.of()));
        get(store.create("/volumes/ab/v2", MARK, bytes(""), Set.of()));
        assertThat(get(store.children("/volumes/ab"))).containsExactlyInAnyOrder("v1", "v2");
        assertThat(get(store.children("/volumes"))).contains("ab");
        assertThat(get(store.children("/volumes/zz"))).isEmpty();
    }

    @Test
    @DisplayName("R40: a host node is one a session, however often it is asked for, and goes with the session")
    void hostNode() throws Exception {
        HostNode first = get(store.openHostNode(HOST, bytes("here")));
        assertThat(get(store.openHostNode(HOST, bytes("here")))).isEqualTo(first);
        try (CoordinationStore other = client()) {
            HostNode second = get(other.openHostNode(HOST, bytes("there")));
            assertThat(second).isNotEqualTo(first);
            assertThat(get(store.children(Paths.HOSTS))).containsExactlyInAnyOrder(first.name(), second.name());
        }
        until(() -> hosts().equals(Set.of(first.name())));
    }

    @Test
    @DisplayName("R38: a heartbeat is an acknowledged write, and says when the node is gone")
    void heartbeat() throws Exception {
        HostNode own = get(store.openHostNode(HOST, bytes("here")));
        assertThat(get(store.heartbeat(own, bytes("here")))).isInstanceOf(Answer.Applied.class);
        HostNode gone = new HostNode(HOST, own.session() + 1);
        assertThat(get(store.heartbeat(gone, bytes("x")))).isEqualTo(new Answer.Missing(Paths.host(gone)));
    }

    @Test
    @DisplayName("R38: an expired session's node goes, its heartbeats say so, and a new session brings another node")
    void expiry() throws Exception {
        try (CoordinationStore other = client()) {
            HostNode before = get(other.openHostNode(HOST, bytes("there")));
            expire(other, before);
            until(() -> hosts().isEmpty());
            AtomicInteger found = new AtomicInteger();
            until(() -> {
                try {
                    HostNode after = get(other.openHostNode(HOST, bytes("there")));
                    found.set(after.equals(before) ? 0 : 1);
                } catch (Exception notYet) { // no session is open again yet
                    return false;
                }
                return found.get() == 1;
            });
            assertThat(get(store.compareAndSet(RECORD, bytes("x"), 0, Set.of(Paths.host(before)))))
                    .isEqualTo(new Answer.Missing(Paths.host(before)));
        }
    }

    @Test
    @DisplayName("R39, R40: hosts that come and go are hinted at, and heartbeats are not")
    void hints() throws Exception {
        AtomicInteger hints = new AtomicInteger();
        store.onHint(hints::incrementAndGet);
        int before;
        try (CoordinationStore other = client()) {
            HostNode node = get(other.openHostNode(HOST, bytes("there")));
            until(() -> hints.get() >= 1);
            before = hints.get();
            get(other.heartbeat(node, bytes("there")));
            get(store.read(RECORD));
            assertThat(hints.get()).isEqualTo(before);
        }
        until(() -> hints.get() > before);
    }

    @Test
    @DisplayName("R39: a host node that its own host takes away, before its session ends, is hinted at")
    void aNodeTakenAwayIsHinted() throws Exception {
        AtomicInteger hints = new AtomicInteger();
        try (CoordinationStore other = client()) {
            HostNode node = get(other.openHostNode(HOST, bytes("there")));
            until(() -> hosts().equals(Set.of(node.name())));
            store.onHint(hints::incrementAndGet);
            get(other.heartbeat(node, bytes("there")));
            assertThat(get(other.closeHostNode(node))).isInstanceOf(Answer.Applied.class);
            until(() -> hints.get() >= 1);
            assertThat(hosts()).isEmpty();
            assertThat(get(other.closeHostNode(node))).isEqualTo(new Answer.Missing(Paths.host(node)));
        }
    }

    @Test
    @DisplayName("R21: a store that is closed answers everything, and never hangs")
    void closed() throws Exception {
        CoordinationStore closed = client();
        closed.close();
        closed.close();
        assertThat(get(closed.compareAndSet(RECORD, bytes(""), 0, Set.of()))).isInstanceOf(Answer.Unknown.class);
        assertThat(failure(closed.read(RECORD))).isInstanceOf(RetriableException.class);
        assertThat(failure(closed.openHostNode(HOST, bytes("")))).isInstanceOf(RetriableException.class);
    }

    private Set<String> hosts() {
        try {
            return get(store.children(Paths.HOSTS));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static String text(Optional<Versioned<byte[]>> found) {
        return new String(found.orElseThrow().value(), UTF_8);
    }
}
