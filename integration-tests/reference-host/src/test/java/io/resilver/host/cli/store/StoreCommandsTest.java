package io.resilver.host.cli.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.host.cli.Main;
import io.resilver.host.cli.Streams;
import io.resilver.host.disk.DiskOperations;
import io.resilver.host.disk.FileDisk;
import io.resilver.host.product.HostSettings;
import io.resilver.host.product.ReplicatedVolume;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Incarnation;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator does with the store of a host that does not serve. */
class StoreCommandsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    @TempDir
    Path directory;

    private EmbeddedZooKeeper zookeeper;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void start() throws Exception {
        zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                directory.resolve("zookeeper"), OptionalInt.empty(), Duration.ofMillis(500), Duration.ofSeconds(20)));
    }

    @AfterEach
    void stop() {
        zookeeper.close();
    }

    private Path config(String host) throws IOException {
        return Files.write(
                directory.resolve(host + ".properties"),
                List.of(
                        "host.id=" + host,
                        "host.data=" + directory.resolve(host),
                        "host.volume=v",
                        "host.replicas=a,b",
                        "resilver.coordination.connect=" + zookeeper.connectString(),
                        "resilver.coordination.heartbeat-ms=100",
                        "resilver.coordination.read-lease-ms=400"));
    }

    private int run(String... args) {
        out.reset();
        err.reset();
        return Main.run(
                new Streams(
                        new ByteArrayInputStream(new byte[0]), out, new PrintStream(err, true, StandardCharsets.UTF_8)),
                args);
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8) + err.toString(StandardCharsets.UTF_8);
    }

    private ReplicatedVolume open(String host, boolean create, List<RecoveryEvent> events) throws Exception {
        return ReplicatedVolume.open(HostSettings.read(config(host)), create, events::add);
    }

    private static Leadership leading(ReplicatedVolume volume) {
        await().atMost(PATIENCE).until(() -> volume.term().isPresent());
        return volume.term().orElseThrow();
    }

    private static void inSync(ReplicatedVolume primary, int members) {
        await().atMost(PATIENCE).until(() -> leading(primary).inSyncSet().size() == members);
    }

    private static long write(ReplicatedVolume primary, int seed) throws Exception {
        byte[] block = new byte[4096];
        new Random(seed).nextBytes(block);
        ReplicatedVolume.Written written = primary.append(0, ByteBuffer.wrap(block));
        primary.flush(written.term());
        ReplicatedVolume.await(written.committed(), PATIENCE);
        return written.lsn();
    }

    private Path disk(String host) {
        return directory.resolve(host);
    }

    private static void copy(Path from, Path to) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(from)) {
            all = walk.toList();
        }
        for (Path each : all) {
            Files.copy(each, to.resolve(from.relativize(each)));
        }
    }

    @Test
    @DisplayName("R36: a disk that was restored and got a new id counts for nothing until it was rebuilt")
    void aRestoredDiskIsRebuilt() throws Exception {
        List<RecoveryEvent> events = new CopyOnWriteArrayList<>();
        try (ReplicatedVolume a = open("a", true, events)) {
            leading(a);
            try (ReplicatedVolume b = open("b", false, new CopyOnWriteArrayList<>())) {
                write(a, 1);
                inSync(a, 2);
                assertThat(run("new-id", "--config", config("b").toString())).isEqualTo(1);
                assertThat(said()).contains("resilver new-id: ", "is open");
                assertThat(b.store().appendedLsn()).isPositive();
            }
            Path backup = directory.resolve("backup");
            copy(disk("b"), backup);
            try (ReplicatedVolume b = open("b", false, new CopyOnWriteArrayList<>())) {
                inSync(a, 2);
                long later = write(a, 2);
                assertThat(b.store().appendedLsn()).isEqualTo(later);
            }
            DiskOperations.deleteTree(new FileDisk(), disk("b"));
            Files.move(backup, disk("b"));
            assertThat(run("new-id", "--config", config("b").toString()))
                    .as(said())
                    .isZero();
            assertThat(said()).contains("new id");
            long last = write(a, 3); // acknowledged once b is no member
            assertThat(leading(a).inSyncSet()).hasSize(1);
            List<RecoveryEvent> ofB = new CopyOnWriteArrayList<>();
            try (ReplicatedVolume b = open("b", false, ofB)) {
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(ofB).anyMatch(RecoveryEvent.StoreReplaced.class::isInstance));
                inSync(a, 2);
                assertThat(b.store().appendedLsn()).isEqualTo(last);
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(events)
                                .filteredOn(RecoveryEvent.RecoveryCompleted.class::isInstance)
                                .map(each -> ((RecoveryEvent.RecoveryCompleted) each)
                                        .report()
                                        .reason()
                                        .name())
                                .contains("TARGET_NOT_USABLE"));
            }
        }
    }

    @Test
    @DisplayName("R36: a host that was away keeps the store of a deleted volume until it is told to remove it")
    void aDeletedVolumesStoreIsRemoved() throws Exception {
        Incarnation first;
        try (ReplicatedVolume a = open("a", true, new CopyOnWriteArrayList<>())) {
            leading(a);
            first = a.store().incarnation();
            open("b", false, new CopyOnWriteArrayList<>()).close();
            assertThat(run("remove-store", "--config", config("b").toString(), "--incarnation", first.value()))
                    .isEqualTo(1);
            assertThat(said()).contains("resilver remove-store: ", "record names it");
            a.delete(first);
        }
        try (ReplicatedVolume a = open("a", true, new CopyOnWriteArrayList<>())) {
            leading(a);
            String second = a.store().incarnation().value();
            assertThatThrownBy(() -> open("b", false, new CopyOnWriteArrayList<>()))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContainingAll(first.value(), second);
            assertThat(run("remove-store", "--config", config("b").toString(), "--incarnation", first.value()))
                    .as(said())
                    .isZero();
            assertThat(said()).contains("was removed");
            assertThat(run("remove-store", "--config", config("b").toString(), "--incarnation", first.value()))
                    .isZero();
            assertThat(said()).contains("no store");
            assertThat(run("remove-store", "--config", config("b").toString(), "--incarnation", "not/an/id"))
                    .isEqualTo(2);
            try (ReplicatedVolume b = open("b", false, new CopyOnWriteArrayList<>())) {
                inSync(a, 2);
                assertThat(b.store().incarnation().value()).isEqualTo(second);
            }
        }
    }
}
