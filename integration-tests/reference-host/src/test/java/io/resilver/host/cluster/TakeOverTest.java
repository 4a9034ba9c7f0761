package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.HostNode;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.RecoveryException;
import io.resilver.transport.FreePorts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What lets a member follow a primary whose session goes on: connections that end as those of a crashed process do, silence,
 * or the primary's own word. Each alone: the other two would take longer than the test's patience.
 */
class TakeOverTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final String NEVER = "600000";
    private static final String SILENCE = "resilver.coordination.silence-ms";

    /** Nothing is noticed by time. */
    private static final Map<String, String> PATIENT = Map.of(
            "resilver.coordination.session-timeout-ms",
            "120000",
            SILENCE,
            NEVER,
            "resilver.transport.idle-timeout-ms",
            NEVER,
            "resilver.policy.default.grace-ms",
            NEVER);

    @TempDir
    Path directory;

    private int port;
    private TestCluster cluster;
    private Records records;
    private CutProxy proxy;
    private TestHost a;
    private TestHost b;
    private Leadership first;
    private long last;

    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster(directory);
        records = cluster.records();
        port = FreePorts.next();
        proxy = new CutProxy(port);
    }

    @AfterEach
    void stop() throws Exception {
        proxy.close();
        a.close();
        b.close();
        cluster.close();
    }

    /** Host a leads, b is in sync and is reached through the proxy. */
    private void lead(Map<String, String> more) throws Exception {
        a = host("a", more);
        Map<String, String> throughProxy = new HashMap<>(more);
        throughProxy.put("resilver.transport.port", Integer.toString(port));
        throughProxy.put("resilver.transport.advertise", "127.0.0.1:" + proxy.port());
        b = host("b", throughProxy);
        TestCluster.create(List.of(a, b));
        a.openReplica();
        b.openReplica();
        first = await(a.driver().lead(VOLUME));
        await().atMost(PATIENCE)
                .until(() -> a.driver().status().replicas().stream()
                        .anyMatch(each -> each.replica().equals(b.replica()) && each.inSync()));
        assertThat(proxy.used()).isPositive();
        last = a.write(first, 0, new byte[4096]);
    }

    private TestHost host(String name, Map<String, String> more) throws RecoveryException {
        Map<String, String> configuration = new HashMap<>(cluster.configuration());
        configuration.putAll(PATIENT);
        configuration.putAll(more);
        return TestHost.open(name, directory, configuration);
    }

    private void isFollowedBy(Leadership second) throws Exception {
        assertThat(second.epoch().number()).isGreaterThan(first.epoch().number());
        assertThat(records.read().primary().orElseThrow().host()).isEqualTo(b.id());
        await(second.whenCommitted(last));
    }

    @Test
    @DisplayName(
            "R39: a primary whose connections are reset is preempted before its session expires or it was silent long")
    void resetConnectionsAreEnough() throws Exception {
        lead(Map.of());
        CompletionStage<Leadership> asked = b.driver().lead(VOLUME);
        proxy.cut();
        isFollowedBy(await(asked));
    }

    @Test
    @DisplayName(
            "R39: a primary that is silent for the window is preempted while its node and its connections are there")
    void silenceIsEnough() throws Exception {
        lead(Map.of(SILENCE, "1000"));
        HostNode node = records.host("a");
        CompletionStage<Leadership> asked = b.driver().lead(VOLUME);
        proxy.stall();
        isFollowedBy(await(asked));
        assertThat(records.host("a")).isEqualTo(node);
        assertThat(await(first.ended())).isNotEmpty();
    }

    @Test
    @DisplayName(
            "R39: a primary that closes says so in the record before it is gone, and keeps the set: who follows waits for nothing")
    void itsOwnWordIsEnough() throws Exception {
        lead(Map.of());
        a.close();
        assertThat(records.read().primary()).isEmpty();
        assertThat(records.read().epoch()).isEqualTo(first.epoch());
        assertThat(records.read().inSync()).isEqualTo(Set.of(a.replica(), b.replica()));
        CompletionStage<Leadership> asked = b.driver().lead(VOLUME);
        a = host("a", Map.of());
        a.openReplica();
        isFollowedBy(await(asked));
    }
}
