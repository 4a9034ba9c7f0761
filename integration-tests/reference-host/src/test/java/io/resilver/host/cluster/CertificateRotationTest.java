package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.again;
import static io.resilver.host.cluster.TestHost.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.UntrustedException;
import io.resilver.spi.event.RecoveryEvent;
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
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two whole hosts whose authority is replaced on one after the other, while one feeds the other. */
class CertificateRotationTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final Duration NEVER = Duration.ofHours(1);
    private static final Duration SOON = Duration.ofMillis(200);

    private static TestAuthority before;
    private static TestAuthority after;

    @TempDir
    Path directory;

    private EmbeddedZooKeeper zookeeper;
    private final List<TestHost> open = new ArrayList<>();

    @BeforeAll
    static void sign(@TempDir Path certificates) throws Exception {
        before = new TestAuthority(certificates, "before");
        after = new TestAuthority(certificates, "after");
    }

    @BeforeEach
    void start() throws Exception {
        zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                directory.resolve("zookeeper"), OptionalInt.empty(), Duration.ofMillis(500), PATIENCE));
    }

    @AfterEach
    void stop() throws Exception {
        for (TestHost each : open) {
            each.close();
        }
        zookeeper.close();
    }

    private TlsFiles filesOf(String host) {
        return new TlsFiles(
                directory.resolve(host + ".pem"), directory.resolve(host + ".key"), directory.resolve(host + ".trust"));
    }

    /** Gives a host the files that an authority signed, and trust in that authority alone. */
    private void give(String host, TestAuthority authority) throws Exception {
        TlsFiles signed = authority.host(host, "dns:" + host);
        TlsFiles own = filesOf(host);
        replace(signed.certificate(), own.certificate());
        replace(signed.key(), own.key());
        replace(signed.trust(), own.trust());
    }

    private static void replace(Path from, Path to) throws Exception {
        Path fresh = Files.copy(from, to.resolveSibling(to.getFileName() + ".new"));
        Files.move(fresh, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private TestHost host(String name, Duration untrustedBackOff) throws Exception {
        give(name, before);
        TlsFiles files = filesOf(name);
        Map<String, String> keys = new HashMap<>(TestHost.zookeeper(zookeeper.connectString()));
        keys.put(TlsFiles.CERTIFICATE_KEY, files.certificate().toString());
        keys.put(TlsFiles.KEY_KEY, files.key().toString());
        keys.put(TlsFiles.TRUST_KEY, files.trust().toString());
        keys.put("resilver.transport.tls-reload-ms", "100");
        keys.put("resilver.policy.default.grace-ms", "500");
        keys.put("resilver.policy.default.untrusted-back-off-ms", Long.toString(untrustedBackOff.toMillis()));
        TestHost host = TestHost.open(name, directory, keys);
        open.add(host);
        return host;
    }

    private static Leadership lead(TestHost primary, TestHost replica) throws Exception {
        again(() -> primary.driver()
                .createVolume(new VolumeSpec(
                        VOLUME,
                        Stream.of(primary, replica)
                                .map(each ->
                                        new ReplicaAssignment(each.replica(), each.id(), Optional.empty(), Duty.FOLLOW))
                                .toList(),
                        1)));
        primary.openReplica();
        replica.openReplica();
        Leadership term = await(primary.driver().lead(VOLUME));
        primary.write(term, 0, new byte[] {1});
        inSync(term, primary, replica);
        return term;
    }

    private static void inSync(Leadership term, TestHost... hosts) {
        Set<?> wanted = Set.copyOf(Stream.of(hosts).map(TestHost::replica).toList());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(term.inSyncSet()).isEqualTo(wanted));
    }

    /** Makes the primary connect again, until the two do not trust each other, and answers with the wait that follows. */
    private static Duration waitWithoutTrust(TestHost primary, TestHost replica) {
        List<Duration> waits = new ArrayList<>();
        await().atMost(PATIENCE).until(() -> {
            primary.driver().recover(replica.replica());
            primary.events().stream()
                    .filter(RecoveryEvent.RecoveryFailed.class::isInstance)
                    .map(RecoveryEvent.RecoveryFailed.class::cast)
                    .filter(each -> each.cause() instanceof UntrustedException)
                    .forEach(each -> waits.add(each.retryAfter().orElseThrow()));
            return !waits.isEmpty();
        });
        return waits.get(0);
    }

    private static void writesGoOnAlone(TestHost primary, Leadership term) throws Exception {
        inSync(term, primary);
        primary.write(term, 4096, new byte[] {2});
    }

    private static void isInSyncAgain(Leadership term, TestHost primary, TestHost replica) throws Exception {
        inSync(term, primary, replica);
        long last = primary.write(term, 8192, new byte[] {3});
        assertThat(replica.volume().appendedLsn()).isEqualTo(last);
        assertThat(term.ended().toCompletableFuture()).isNotDone();
    }

    @Test
    @DisplayName(
            "R43: a primary whose own files change last tries its replica at once, whatever its wait was, and needs no restart")
    void thePrimaryChangesLast() throws Exception {
        TestHost a = host("a", NEVER);
        TestHost b = host("b", NEVER);
        Leadership term = lead(a, b);
        give("b", after);
        assertThat(waitWithoutTrust(a, b)).isEqualTo(NEVER);
        writesGoOnAlone(a, term);
        give("a", after);
        isInSyncAgain(term, a, b);
    }

    @Test
    @DisplayName(
            "R43: a primary whose replica's files change last finds that out by itself, after the wait that is set for it")
    void theReplicaChangesLast() throws Exception {
        TestHost a = host("a", SOON);
        TestHost b = host("b", SOON);
        Leadership term = lead(a, b);
        give("a", after);
        assertThat(waitWithoutTrust(a, b)).isEqualTo(SOON);
        writesGoOnAlone(a, term);
        give("b", after);
        isInSyncAgain(term, a, b);
    }
}
