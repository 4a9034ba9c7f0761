package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.again;
import static io.resilver.host.cluster.TestHost.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.curator.CuratorSettings;
import io.resilver.coordination.curator.CuratorStore;
import io.resilver.coordination.curator.ZooKeeperTls;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.Outcome;
import io.resilver.transport.FreePorts;
import io.resilver.transport.tls.TestAuthority;
import io.resilver.transport.tls.TlsFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZKUtil;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole hosts that speak mutual TLS with each other and with ZooKeeper, and have an identity there. */
class SecureClusterTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int BLOCK = 4096;
    private static final String PASSWORD = "correct horse: battery";

    @TempDir
    Path directory;

    private static TestAuthority authority;
    private static TestAuthority stranger;
    private SecureZooKeeper zookeeper;
    private final List<TestHost> open = new ArrayList<>();

    @BeforeAll
    static void sign(@TempDir Path certificates) throws Exception {
        authority = new TestAuthority(certificates, "authority");
        stranger = new TestAuthority(certificates, "stranger");
    }

    @BeforeEach
    void start() throws Exception {
        zookeeper = server(authority, "ip:127.0.0.1");
    }

    private SecureZooKeeper server(TestAuthority signs, String name) throws Exception {
        return new SecureZooKeeper(
                directory.resolve("zookeeper"),
                FreePorts.next(),
                signs.joined("server", name),
                authority.certificate());
    }

    @AfterEach
    void stop() throws Exception {
        for (TestHost each : open) {
            each.close();
        }
        zookeeper.close();
    }

    /** What a host needs to speak with ZooKeeper. */
    private Map<String, String> coordination(String connect) throws Exception {
        Map<String, String> keys = new HashMap<>(TestHost.zookeeper(connect));
        keys.put("resilver.coordination.user", "cluster");
        keys.put("resilver.coordination.password-file", file("password", PASSWORD + "\n"));
        keys.put(ZooKeeperTls.TRUST_KEY, authority.certificate().toString());
        keys.put(ZooKeeperTls.IDENTITY_KEY, authority.joined("client").toString());
        return keys;
    }

    private static Map<String, String> transport(TlsFiles files) {
        return Map.of(
                TlsFiles.CERTIFICATE_KEY, files.certificate().toString(),
                TlsFiles.KEY_KEY, files.key().toString(),
                TlsFiles.TRUST_KEY, files.trust().toString());
    }

    private String file(String name, String text) throws Exception {
        return Files.writeString(directory.resolve(name), text).toString();
    }

    private TestHost host(String name, TlsFiles files) throws Exception {
        Map<String, String> keys = coordination(zookeeper.secure());
        keys.putAll(transport(files));
        TestHost host = TestHost.open(name, directory, keys);
        open.add(host);
        return host;
    }

    private TestHost host(String name) throws Exception {
        return host(name, authority.host(name, "dns:" + name));
    }

    private static void create(TestHost by, String... hosts) throws Exception {
        again(() -> by.driver()
                .createVolume(new VolumeSpec(
                        VOLUME,
                        Stream.of(hosts)
                                .map(each -> new ReplicaAssignment(
                                        new ReplicaId(VOLUME, each), new HostId(each), Optional.empty(), Duty.FOLLOW))
                                .toList(),
                        1)));
    }

    private static void inSync(Leadership term, TestHost... hosts) {
        Set<?> wanted = Set.copyOf(Stream.of(hosts).map(TestHost::replica).toList());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(term.inSyncSet()).isEqualTo(wanted));
    }

    private static byte[] block(int seed) {
        byte[] data = new byte[BLOCK];
        new java.util.Random(seed).nextBytes(data);
        return data;
    }

    @Test
    @DisplayName(
            "R43 R54: under TLS on both sides a volume is written and a replica recovers, and every znode is the identity's alone")
    void everythingUnderTls() throws Exception {
        TestHost a = host("a");
        TestHost b = host("b");
        TestHost c = host("c");
        create(a, "a", "b", "c");
        for (TestHost each : List.of(a, b, c)) {
            each.openReplica();
        }
        Leadership term = await(a.driver().lead(VOLUME));
        a.write(term, 0, block(0));
        inSync(term, a, b, c);
        open.remove(c);
        c.close();
        long last = 0;
        for (int i = 1; i < 20; i++) {
            last = a.write(term, (long) i * BLOCK, block(i));
        }
        inSync(term, a, b);
        TestHost again = host("c");
        again.openReplica();
        inSync(term, a, b, again);
        assertThat(a.driver().status().replicas())
                .filteredOn(each -> each.replica().equals(again.replica()))
                .allMatch(each -> each.outcome().equals(Optional.of(Outcome.CATCH_UP)));
        assertThat(again.volume().appendedLsn()).isGreaterThanOrEqualTo(last);
        everyNodeIsTheIdentitysAlone();
    }

    private void everyNodeIsTheIdentitysAlone() throws Exception {
        Id own = new Id("digest", DigestAuthenticationProvider.generateDigest("cluster:" + PASSWORD));
        try (Raw owner = new Raw(zookeeper.plain());
                Raw other = new Raw(zookeeper.plain())) {
            owner.client().addAuthInfo("digest", ("cluster:" + PASSWORD).getBytes(UTF_8));
            other.client().addAuthInfo("digest", "cluster:guess".getBytes(UTF_8));
            List<String> all = ZKUtil.listSubTreeBFS(owner.client(), "/resilver");
            assertThat(all)
                    .contains("/resilver", "/resilver/hosts", "/resilver/volumes")
                    .anyMatch(each -> each.startsWith("/resilver/hosts/"))
                    .anyMatch(each -> each.endsWith("/vol"));
            for (String each : all) {
                assertThat(owner.client().getACL(each, null)).as(each).containsExactly(new ACL(ZooDefs.Perms.ALL, own));
                assertThatThrownBy(() -> other.client().getData(each, false, null))
                        .isInstanceOf(KeeperException.NoAuthException.class);
                assertThatThrownBy(() -> other.client().delete(each, -1)).isInstanceOf(KeeperException.class);
            }
        }
    }

    /** A plain client, closed with the test. */
    private record Raw(ZooKeeper client) implements AutoCloseable {
        Raw(String connect) throws Exception {
            this(new ZooKeeper(connect, 10_000, event -> {}));
        }

        @Override
        public void close() {
            try {
                client.close();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    @DisplayName(
            "R54: a host with the certificate of another host id does not start, and says what its certificate names")
    void theCertificateOfAnotherHost() throws Exception {
        assertThatThrownBy(() -> host("b", authority.host("a", "dns:a")))
                .isInstanceOf(PermanentException.class)
                .hasMessageContainingAll(TlsFiles.CERTIFICATE_KEY, "names [a]", "not this host, b");
    }

    @Test
    @DisplayName(
            "R54 R33: a host with a certificate of an authority that nobody trusts is refused with a final error, and left out")
    void theCertificateOfAStranger() throws Exception {
        TestHost a = host("a");
        TlsFiles foreign = stranger.host("b", "dns:b");
        TestHost b = host("b", new TlsFiles(foreign.certificate(), foreign.key(), authority.certificate()));
        create(a, "a", "b");
        a.openReplica();
        b.openReplica();
        Leadership term = await(a.driver().lead(VOLUME));
        a.write(term, 0, block(0));
        inSync(term, a);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(a.events())
                        .filteredOn(RecoveryEvent.RecoveryFailed.class::isInstance)
                        .map(each -> ((RecoveryEvent.RecoveryFailed) each).cause())
                        .anySatisfy(cause -> assertThat(cause)
                                .isInstanceOf(PermanentException.class)
                                .hasMessageContaining(TlsFiles.TRUST_KEY)));
        assertThat(b.volume().appendedLsn()).isZero();
    }

    private void refused(Map<String, String> changes, String... words) throws Exception {
        Map<String, String> keys = coordination(zookeeper.secure());
        keys.putAll(changes);
        keys.values().removeIf(String::isEmpty);
        assertThatThrownBy(() -> TestHost.open("a", directory, keys))
                .isInstanceOf(PermanentException.class)
                .hasMessageContainingAll(words)
                .satisfies(thrown -> assertThat(thrown.toString()).doesNotContain("battery", "guess"));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
                        .as("nobody goes on trying")
                        .noneMatch(name -> name.contains("SendThread(127.0.0.1:")));
    }

    @Test
    @DisplayName(
            "R43: whoever ZooKeeper's access lists do not name fails at once, for good, and hears which keys are wrong")
    void withoutTheRightIdentity() throws Exception {
        TestHost a = host("a");
        create(a, "a");
        open.remove(a);
        a.close();
        refused(
                Map.of("resilver.coordination.password-file", file("guess", "guess")),
                "/resilver",
                zookeeper.secure(),
                "NOAUTH",
                "resilver.coordination.password-file");
        refused(
                Map.of("resilver.coordination.user", "", "resilver.coordination.password-file", ""),
                "/resilver",
                "NOAUTH",
                "resilver.coordination.user",
                "not set");
        refused(
                Map.of(
                        "resilver.coordination.password-file",
                        directory.resolve("gone").toString()),
                "resilver.coordination.password-file",
                "cannot be read");
        refused(
                Map.of("resilver.coordination.password-file", file("two", "guess\nagain\n")),
                "resilver.coordination.password-file",
                "one line");
        refused(Map.of("resilver.coordination.user", "a:b"), "resilver.coordination.user", "a:b");
    }

    @Test
    @DisplayName(
            "R43: a server or a client whose certificate is not trusted is one final error that names files and keys")
    void withoutTheRightCertificate() throws Exception {
        refused(
                Map.of(ZooKeeperTls.TRUST_KEY, stranger.certificate().toString()),
                zookeeper.secure(),
                ZooKeeperTls.TRUST_KEY,
                stranger.certificate().toString());
        refused(
                Map.of(ZooKeeperTls.IDENTITY_KEY, stranger.joined("client").toString()),
                zookeeper.secure(),
                ZooKeeperTls.IDENTITY_KEY);
        refused(
                Map.of(ZooKeeperTls.IDENTITY_KEY, ""),
                zookeeper.secure(),
                ZooKeeperTls.IDENTITY_KEY + ", which is not");
        refused(Map.of("resilver.coordination.connect", zookeeper.plain()), zookeeper.plain(), "secureClientPort");
        refused(
                Map.of(ZooKeeperTls.TRUST_KEY, directory.resolve("gone.pem").toString()),
                ZooKeeperTls.TRUST_KEY,
                "cannot be read");
        refused(Map.of(ZooKeeperTls.IDENTITY_KEY, file("no.pem", "no pem")), ZooKeeperTls.IDENTITY_KEY, "PEM");
        zookeeper.close();
        zookeeper = server(authority, "dns:elsewhere");
        refused(Map.of(), zookeeper.secure(), "names the address");
    }

    @Test
    @DisplayName("R43: changed TLS files hold for the next connection to ZooKeeper, without a restart")
    void certificatesAreReadAgain() throws Exception {
        Path trust = directory.resolve("trust.pem");
        Path identity = directory.resolve("identity.pem");
        Files.copy(authority.certificate(), trust);
        Files.copy(authority.joined("client"), identity);
        CuratorSettings settings = new CuratorSettings(
                zookeeper.secure(),
                "reload",
                Duration.ofSeconds(10),
                Duration.ofSeconds(8), // which a read waits that no server answers
                Optional.empty(),
                Optional.of(new ZooKeeperTls(trust, Optional.of(identity))));
        try (CuratorStore store = CuratorStore.open(settings)) {
            await(store.create("/volumes/ab/v", "mark-1", new byte[] {7}, Set.of()));
            int port = Integer.parseInt(zookeeper.secure().split(":", -1)[1]);
            zookeeper.close();
            zookeeper = new SecureZooKeeper(
                    directory.resolve("zookeeper"),
                    port,
                    stranger.joined("server", "ip:127.0.0.1"),
                    stranger.certificate());
            assertThatThrownBy(() -> CuratorStore.open(settings)).isInstanceOf(PermanentException.class);
            assertThatThrownBy(() -> await(store.read("/volumes/ab/v"))).hasCauseInstanceOf(RecoveryException.class);
            Files.copy(stranger.certificate(), trust, StandardCopyOption.REPLACE_EXISTING);
            Files.copy(stranger.joined("client"), identity, StandardCopyOption.REPLACE_EXISTING);
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(await(store.read("/volumes/ab/v"))
                                    .orElseThrow()
                                    .value())
                            .containsExactly(7));
        }
    }
}
