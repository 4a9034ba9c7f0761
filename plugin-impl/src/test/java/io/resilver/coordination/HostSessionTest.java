package io.resilver.coordination;

import static io.resilver.coordination.Ensemble.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.HostId;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host's presence, against a real server. */
class HostSessionTest {
    private static final AtomicInteger NAMESPACES = new AtomicInteger();
    private static Ensemble ensemble;

    private final String namespace = "sessions" + NAMESPACES.incrementAndGet();

    @BeforeAll
    static void startServer(@TempDir Path directory) throws Exception {
        ensemble = new Ensemble(directory);
    }

    @AfterAll
    static void stopServer() {
        ensemble.close();
    }

    /** R38, R40: one node, a lease from the first acknowledged request, and none after the end. */
    @Test
    void aStartedHostHasOneNodeAndALease() throws Exception {
        try (HostFixture host = new HostFixture(ensemble, namespace, "a", 7001)) {
            assertThat(host.session.mayDecide()).isFalse();
            HostNode node = get(host.session.start());
            assertThat(node.host()).isEqualTo(new HostId("a"));
            assertThat(host.session.mayDecide()).isTrue();
            await().until(() -> host.session.liveHosts().equals(Set.of(node)));
            host.session.close();
            assertThat(host.session.mayDecide()).isFalse();
        }
    }

    /** R39: hosts hear of each other, and of the end. */
    @Test
    void hostsSeeEachOtherComeAndGo() throws Exception {
        try (HostFixture one = new HostFixture(ensemble, namespace, "a", 7001).started()) {
            HostNode other;
            try (HostFixture two = new HostFixture(ensemble, namespace, "b", 7002).started()) {
                other = two.session.node().orElseThrow();
                await().until(() -> one.session.liveHosts().contains(other));
            }
            await().until(() -> !one.session.liveHosts().contains(other));
        }
    }

    /** R38: after the session expired there is no lease until a new node stands, which has another name. */
    @Test
    void aHostWhoseSessionExpiredGetsANewNode() throws Exception {
        try (HostFixture host = new HostFixture(ensemble, namespace, "a", 7001).started()) {
            HostNode first = host.session.node().orElseThrow();
            ensemble.expire(first.session());
            await().atMost(java.time.Duration.ofSeconds(30)).until(() -> host.sessions.size() == 2);
            HostNode second = host.sessions.get(1);
            assertThat(second).isNotEqualTo(first);
            await().until(() ->
                    host.session.mayDecide() && host.session.liveHosts().equals(Set.of(second)));
        }
    }

    @Test
    @DisplayName(
            "R38: a host whose client has a new session makes its node there at once, though the old one's still is")
    void aNewSessionGetsItsNodeWhileTheOldOneLives() throws Exception {
        try (HostFixture host = new HostFixture(ensemble, namespace, "a", 7001).started()) {
            HostNode first = host.sessions.get(0);
            CoordinationStore old = host.store.switchTo(ensemble.client(namespace));
            try {
                await().until(() -> host.sessions.size() == 2);
                HostNode second = host.sessions.get(1);
                assertThat(get(old.children(Paths.HOSTS))).containsExactlyInAnyOrder(first.name(), second.name());
                await().until(host.session::mayDecide);
                assertThat(host.session.node()).contains(second);
            } finally {
                old.close();
            }
            HostNode second = host.sessions.get(1);
            await().until(() -> host.session.liveHosts().equals(Set.of(second)));
            assertThat(host.session.mayDecide())
                    .as("the old node's end is no news")
                    .isTrue();
            assertThat(host.sessions).hasSize(2);
        }
    }

    @Test
    @DisplayName("R39: a host that leaves is gone for the others at once, while its session still lives and reads")
    void leavesBeforeItsSessionEnds() throws Exception {
        try (HostFixture stays = new HostFixture(ensemble, namespace, "a", 7001).started();
                HostFixture leaves = new HostFixture(ensemble, namespace, "b", 7002).started()) {
            HostNode stayed = stays.session.node().orElseThrow();
            HostNode gone = leaves.session.node().orElseThrow();
            await().until(() -> stays.session.liveHosts().equals(Set.of(stayed, gone)));
            leaves.session.leave();
            await().until(() -> stays.session.liveHosts().equals(Set.of(stayed)));
            assertThat(get(leaves.store.children(Paths.HOSTS))).containsExactly(stayed.name());
            assertThat(leaves.session.node()).isEmpty();
            assertThat(leaves.session.mayDecide()).isFalse();
            leaves.session.leave();
        }
    }

    /** R43: a refusal is final: no lease, no retry, and somebody hears of it. */
    @Test
    void aRefusedHostGivesUp() throws Exception {
        try (HostFixture host = new HostFixture(ensemble, namespace, "a", 7001).started()) {
            host.store.denyHeartbeats();
            await().until(() -> host.denials.size() == 1);
            assertThat(host.denials.get(0)).isInstanceOf(PermanentException.class);
            assertThat(host.session.mayDecide()).isFalse();
        }
    }
}
