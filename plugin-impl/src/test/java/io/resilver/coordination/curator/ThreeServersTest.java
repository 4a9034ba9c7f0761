package io.resilver.coordination.curator;

import static io.resilver.coordination.Ensemble.get;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.CoordinationStoreContract;
import io.resilver.coordination.Ensemble;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.ThreeServers;
import io.resilver.spi.model.HostId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store over a real ensemble of three servers, some of which end and come back. */
class ThreeServersTest extends CoordinationStoreContract {
    private static final AtomicInteger NAMESPACES = new AtomicInteger();
    private static final String RECORD = "/volumes/ab/v";
    private static final String MARK = "mark-1";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static ThreeServers servers;

    private final String namespace = "cluster/n" + NAMESPACES.incrementAndGet();

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        servers = new ThreeServers(directory);
    }

    @AfterAll
    static void stop() throws Exception {
        servers.close();
    }

    @Override
    protected CoordinationStore client() throws Exception {
        return servers.client(namespace);
    }

    @Override
    protected <T> T get(CompletionStage<T> stage) throws Exception {
        return Ensemble.get(stage);
    }

    @Override
    protected Throwable failure(CompletionStage<?> stage) throws Exception {
        return Ensemble.failure(stage);
    }

    @Override
    protected void until(BooleanSupplier holds) {
        await().atMost(PATIENCE).until(holds::getAsBoolean);
    }

    @Override
    protected void expire(CoordinationStore client, HostNode node) throws Exception {
        Ensemble.expire(servers.connectString(), node.session());
    }

    @Test
    @DisplayName(
            "R35, R38: with one server gone after the other changes go on; without a quorum nothing is answered as made")
    void serversComeAndGo() throws Exception {
        HostId host = new HostId("host-a");
        try (CoordinationStore store = client()) {
            HostNode node = get(store.openHostNode(host, bytes("here")));
            get(store.create(RECORD, MARK, bytes("0"), Set.of()));
            int version = 0;
            for (int gone : List.of(0, 1, 2)) { // one of them is the leader
                servers.stop(gone);
                version = changed(store, version);
                servers.start(List.of(gone));
            }
            servers.stop(0);
            servers.stop(1);
            Answer withoutQuorum = get(store.compareAndSet(RECORD, bytes("lost"), version, Set.of()));
            assertThat(withoutQuorum).isInstanceOf(Answer.Unknown.class);
            assertThat(get(store.heartbeat(node, bytes("here")))).isNotInstanceOf(Answer.Applied.class);
            servers.start(List.of(0, 1));
            int last = version;
            until(() -> changedFrom(store) > last);
        }
    }

    /** Makes one change, whatever is lost on the way, and answers with the version that it made. */
    private int changed(CoordinationStore store, int from) {
        AtomicInteger made = new AtomicInteger();
        until(() -> {
            made.set(changedFrom(store));
            return made.get() > from;
        });
        return made.get();
    }

    private int changedFrom(CoordinationStore store) {
        try {
            int version = get(store.read(RECORD)).orElseThrow().version();
            return get(store.compareAndSet(RECORD, bytes("x"), version, Set.of())) instanceof Answer.Applied applied
                    ? applied.version()
                    : -1;
        } catch (Exception notNow) {
            return -1;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
