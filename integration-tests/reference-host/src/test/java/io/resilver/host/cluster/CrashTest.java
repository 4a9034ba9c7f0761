package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.transport.FreePorts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A primary whose connections end as those of a crashed process do, while its session goes on. */
class CrashTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    /** Longer than the test's patience: neither silence nor an expired session can be what ends the term. */
    private static final Map<String, String> PATIENT =
            Map.of("resilver.coordination.session-timeout-ms", "20000", "resilver.coordination.silence-ms", "300000");

    @TempDir
    Path directory;

    private TestHost host(String name, EmbeddedZooKeeper zookeeper, Map<String, String> more) throws Exception {
        Map<String, String> configuration = new HashMap<>(TestHost.zookeeper(zookeeper.connectString()));
        configuration.putAll(PATIENT);
        configuration.putAll(more);
        return TestHost.open(name, directory, configuration);
    }

    @Test
    @DisplayName(
            "R39: a primary whose connections are reset is preempted before its session expires or it was silent long")
    void resetConnectionsAreEnough() throws Exception {
        int port = FreePorts.next();
        try (EmbeddedZooKeeper zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                        directory.resolve("zookeeper"),
                        OptionalInt.empty(),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(20)));
                Records records = new Records(zookeeper.connectString());
                CutProxy proxy = new CutProxy(port);
                TestHost a = host("a", zookeeper, Map.of());
                TestHost b = host(
                        "b",
                        zookeeper,
                        Map.of(
                                "resilver.transport.port",
                                Integer.toString(port),
                                "resilver.transport.advertise",
                                "127.0.0.1:" + proxy.port()))) {
            await(a.driver()
                    .createVolume(new VolumeSpec(
                            VOLUME,
                            Stream.of(a, b)
                                    .map(each -> new ReplicaAssignment(
                                            each.replica(), each.id(), Optional.empty(), Duty.FOLLOW))
                                    .toList(),
                            1)));
            a.openReplica();
            b.openReplica();
            Leadership first = await(a.driver().lead(VOLUME));
            inSync(a, b);
            assertThat(proxy.used()).isPositive();
            long last = a.write(first, 0, new byte[4096]);
            CompletionStage<Leadership> asked = b.driver().lead(VOLUME);
            proxy.cut();
            Leadership second = await(asked);
            assertThat(second.epoch().number()).isGreaterThan(first.epoch().number());
            assertThat(records.read().primary().orElseThrow().host()).isEqualTo(b.id());
            await(second.whenCommitted(last));
        }
    }

    private static void inSync(TestHost primary, TestHost member) {
        await().atMost(PATIENCE)
                .until(() -> primary.driver().status().replicas().stream()
                        .anyMatch(each -> each.replica().equals(member.replica()) && each.inSync()));
    }
}
