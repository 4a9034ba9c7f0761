package io.resilver.coordination.curator;

import static io.resilver.coordination.Ensemble.get;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.Ensemble;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.Paths;
import io.resilver.coordination.Versioned;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.HostId;
import io.resilver.transport.FreePorts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is particular to ZooKeeper and Curator, against a real server; what every store promises is in the contract. */
class CuratorStoreTest {
    private static final HostId HOST = new HostId("host-a");
    private static final AtomicInteger NAMESPACES = new AtomicInteger();
    private static Ensemble ensemble;

    private String namespace;
    private CoordinationStore store;

    @BeforeAll
    static void startServer(@TempDir Path directory) throws Exception {
        ensemble = new Ensemble(directory);
    }

    @AfterAll
    static void stopServer() {
        ensemble.close();
    }

    @BeforeEach
    void open() throws Exception {
        namespace = "cluster/n" + NAMESPACES.incrementAndGet();
        store = ensemble.client(namespace);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    @DisplayName(
            "R38: a heartbeat is of the present session: another one's node is missing, though the server still has it")
    void aHeartbeatIsOfThePresentSession() throws Exception {
        HostNode own = get(store.openHostNode(HOST, bytes("here")));
        try (CoordinationStore other = ensemble.client(namespace)) {
            assertThat(get(other.heartbeat(own, bytes("there")))).isEqualTo(new Answer.Missing(Paths.host(own)));
            assertThat(text(get(other.read(Paths.host(own))))).isEqualTo("here");
        }
    }

    @Test
    @DisplayName("R43: nodes and their parents have the identity's access alone, and a stranger is refused for ever")
    void aStrangerIsRefused() throws Exception {
        String theirs = "secret" + NAMESPACES.incrementAndGet();
        CuratorSettings.Identity owner = new CuratorSettings.Identity("digest", bytes("owner:password"));
        CuratorSettings.Identity stranger = new CuratorSettings.Identity("digest", bytes("stranger:password"));
        try (CoordinationStore own = ensemble.client(theirs, Optional.of(owner))) {
            get(own.create("/volumes/ab/v", "mark-1", bytes("one"), Set.of()));
            assertThat(text(get(own.read("/volumes/ab/v")))).isEqualTo("one");
            assertThatThrownBy(() -> ensemble.client(theirs, Optional.of(stranger)))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("identity");
            try (Ensemble.Raw raw = ensemble.raw()) {
                for (String each :
                        new String[] {"", "/hosts", "/volumes", "/volumes/ab", "/volumes/ab/v", "/volumes/ab/v/mark-1"
                        }) {
                    assertThatThrownBy(() -> raw.client().getData("/" + theirs + each, false, null))
                            .isInstanceOf(org.apache.zookeeper.KeeperException.NoAuthException.class);
                }
            }
        }
    }

    @Test
    @DisplayName("R43: with an identity, parents that others may change are refused, with their path and what to do")
    void parentsThatAreOpenToOthersAreRefused() throws Exception {
        CuratorSettings.Identity owner = new CuratorSettings.Identity("digest", bytes("owner:password"));
        Id own = new Id("digest", DigestAuthenticationProvider.generateDigest("owner:password"));
        Id other = new Id("digest", DigestAuthenticationProvider.generateDigest("other:password"));
        List<ACL> alone = List.of(new ACL(ZooDefs.Perms.ALL, own));
        List<ACL> readable = List.of(alone.get(0), new ACL(ZooDefs.Perms.READ, ZooDefs.Ids.ANYONE_ID_UNSAFE));
        List<ACL> shared = List.of(alone.get(0), new ACL(ZooDefs.Perms.CREATE, other));
        try (Ensemble.Raw raw = ensemble.raw()) {
            raw.client().addAuthInfo("digest", bytes("owner:password"));
            for (String each : List.of("", "/hosts", "/volumes")) {
                String path = "/" + namespace + each;
                for (List<ACL> wrong : List.of(ZooDefs.Ids.OPEN_ACL_UNSAFE, shared)) {
                    raw.client().setACL(path, new ArrayList<>(wrong), -1);
                    assertThatThrownBy(() -> ensemble.client(namespace, Optional.of(owner)))
                            .isInstanceOf(PermanentException.class)
                            .hasMessageContaining("'" + path + "'")
                            .hasMessageContaining("setAcl");
                }
                raw.client().setACL(path, new ArrayList<>(readable), -1);
            }
            try (CoordinationStore accepted = ensemble.client(namespace, Optional.of(owner))) {
                assertThat(get(accepted.openHostNode(HOST, bytes("here"))).host())
                        .isEqualTo(HOST);
            }
        }
    }

    @Test
    @DisplayName("R43: an authentication failure is final: the client is refused at once, and nothing is left running")
    void anAuthenticationFailureIsFinal() {
        CuratorSettings.Identity unknown = new CuratorSettings.Identity("no-such-scheme", bytes("owner:password"));
        assertThatThrownBy(() -> ensemble.client(namespace, Optional.of(unknown)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("identity");
    }

    /** Parents are persistent: as container nodes the server would delete them when they are empty. */
    @Test
    void parentsArePersistent() throws Exception {
        get(store.create("/volumes/ab/v", "mark-1", bytes("one"), Set.of()));
        try (Ensemble.Raw raw = ensemble.raw()) {
            for (String each : new String[] {"", "/hosts", "/volumes", "/volumes/ab"}) {
                assertThat(raw.client().exists("/" + namespace + each, false).getEphemeralOwner())
                        .as(each)
                        .isZero();
            }
        }
    }

    /** An unreachable ensemble is a clear error, and no thread stays. */
    @Test
    void anUnreachableServerIsAnErrorThatLeavesNothingRunning() throws Exception {
        int port = FreePorts.next();
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        assertThatThrownBy(() -> CuratorStore.open(new CuratorSettings(
                        "127.0.0.1:" + port, "n", Ensemble.SESSION, Duration.ofMillis(300), Optional.empty())))
                .isInstanceOf(RetriableException.class)
                .hasMessageContaining("127.0.0.1:" + port)
                .hasMessageContaining("300 ms");
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(each -> !before.contains(each))
                        .map(Thread::getName)
                        .filter(name -> name.contains("resilver-coordination")
                                || name.contains("SendThread(127.0.0.1:" + port)
                                || name.contains("Curator")
                                || name.contains("SafeNotify")))
                .isEmpty());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static String text(Optional<Versioned<byte[]>> found) {
        return new String(found.orElseThrow().value(), UTF_8);
    }
}
