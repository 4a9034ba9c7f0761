package io.resilver.host.product;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.driver.RecoveryDriver;
import io.resilver.spi.driver.RecoveryDrivers;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.HostId;
import io.resilver.spi.storage.StorageAdapterProvider;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host product may do with its store, and with which stores. */
class ReplicatedVolumeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int WRITES = 40;

    @TempDir
    Path directory;

    private EmbeddedZooKeeper zookeeper;

    @BeforeEach
    void start() throws Exception {
        zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                directory.resolve("zookeeper"), OptionalInt.empty(), Duration.ofMillis(500), Duration.ofSeconds(20)));
    }

    @AfterEach
    void stop() {
        zookeeper.close();
    }

    private HostSettings settings(String host, Map<String, String> more) throws Exception {
        Map<String, String> keys = new HashMap<>(Map.of(
                "host.id", host,
                "host.data", directory.resolve(host).toString(),
                "host.volume", "v",
                "host.replicas", "a,b",
                "resilver.coordination.connect", zookeeper.connectString(),
                "resilver.coordination.heartbeat-ms", "100",
                "resilver.coordination.read-lease-ms", "400",
                "resilver.adapter.file.segment-bytes", "65536"));
        keys.putAll(more);
        return HostSettings.of(keys);
    }

    @Test
    @DisplayName("R2: trimming the log and giving up a checkpoint enter through the store's gate, as the primary")
    void onlyThePrimaryTrims() throws Exception {
        try (ReplicatedVolume a = ReplicatedVolume.open(settings("a", Map.of()), true, event -> {});
                ReplicatedVolume b = ReplicatedVolume.open(settings("b", Map.of()), false, event -> {})) {
            await().atMost(PATIENCE)
                    .until(() -> a.term().isPresent() || b.term().isPresent());
            ReplicatedVolume primary = a.term().isPresent() ? a : b;
            ReplicatedVolume follower = primary == a ? b : a;
            ReplicatedVolume.Written last = null;
            for (int i = 0; i < WRITES; i++) {
                last = primary.append(0, ByteBuffer.allocate(1 << 14));
            }
            primary.flush(last.term());
            ReplicatedVolume.await(last.committed(), PATIENCE);
            long committed = last.lsn();
            await().atMost(PATIENCE).until(() -> primary.store().checkpoint() >= committed);
            await().atMost(PATIENCE).until(() -> follower.store().appendedLsn() >= committed);
            assertThatThrownBy(() -> follower.trimTo(committed)).isInstanceOf(RetriableException.class);
            assertThatThrownBy(follower::releaseCheckpoint).isInstanceOf(RetriableException.class);
            primary.trimTo(committed);
            primary.releaseCheckpoint();
        }
    }

    @Test
    @DisplayName("another adapter than the host's own is refused by its name and by the key that chose it")
    void anotherAdapterIsRefused() throws Exception {
        Path services = Files.createDirectories(directory.resolve("jar/META-INF/services"));
        Files.writeString(
                services.resolve(StorageAdapterProvider.class.getName()), OtherAdapterProvider.class.getName());
        URL[] jar = {directory.resolve("jar").toUri().toURL()};
        try (URLClassLoader dropped = new URLClassLoader(jar, getClass().getClassLoader());
                RecoveryDriver driver =
                        RecoveryDrivers.open(DriverOptions.builder(new HostId("a"), directory.resolve("data"))
                                .loader(dropped)
                                .set("resilver.adapter.name", "other")
                                .set("resilver.policy.name", "default")
                                .set("resilver.coordination.mode", "external")
                                .build())) {
            assertThatThrownBy(() -> ReplicatedVolume.requireOwnAdapter(driver, "other"))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContainingAll("resilver.adapter.name", "'other'", "set it to file");
        }
    }
}
