package io.resilver.coordination.server;

import static io.resilver.coordination.Ensemble.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.curator.CuratorSettings;
import io.resilver.coordination.curator.CuratorStore;
import io.resilver.spi.error.PermanentException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server in the process. */
class EmbeddedZooKeeperTest {
    private static final Duration TICK = Duration.ofMillis(500);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @Test
    void itServesKeepsItsDataOverARestartAndLeavesNoThreadAndNoProperty(@TempDir Path directory) throws Exception {
        Set<Thread> before = new HashSet<>(Thread.getAllStackTraces().keySet());
        Set<String> properties = zooKeeperProperties();
        for (int round = 0; round < 2; round++) {
            try (EmbeddedZooKeeper server = start(directory, OptionalInt.empty());
                    CoordinationStore client = client(server)) {
                assertThat(get(client.read("/volumes/kept")).isPresent()).isEqualTo(round == 1);
                get(client.create("/volumes/kept", "mark-1", new byte[] {1}, Set.of()));
            }
        }
        assertThat(zooKeeperProperties()).isEqualTo(properties);
        try (var files = Files.list(directory)) {
            assertThat(files.filter(each -> each.toString().endsWith(".properties")))
                    .hasSizeLessThanOrEqualTo(1);
        }
        await().untilAsserted(() -> assertThat(threadsBeside(before)).isEmpty());
    }

    @Test
    void aPortInUseIsNamed(@TempDir Path directory) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            assertThatThrownBy(() -> start(directory, OptionalInt.of(taken.getLocalPort())))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining(Integer.toString(taken.getLocalPort()));
        }
    }

    @Test
    void aDirectoryThatIsAFileIsNamed(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> start(file, OptionalInt.empty()))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    @DisplayName(
            "Section 9: a server that cannot load its data fails at once, names its directory, and leaves no thread")
    void damagedDataIsNamed(@TempDir Path directory) throws Exception {
        Set<Thread> before = new HashSet<>(Thread.getAllStackTraces().keySet());
        Path data = Files.createDirectories(directory.resolve("data").resolve("version-2"));
        Path log = Files.write(data.resolve("log.6"), new byte[1000]);
        assertThatThrownBy(() -> start(directory, OptionalInt.empty()))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("there are log entries");
        assertThat(threadsBeside(before)).isEmpty();
        Files.delete(log);
        start(directory, OptionalInt.empty()).close();
    }

    private static Set<String> threadsBeside(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(each -> !before.contains(each) && each.isAlive())
                .map(Thread::getName)
                .filter(name -> !name.startsWith("awaitility") && !name.startsWith("ForkJoin"))
                .collect(Collectors.toSet());
    }

    @Test
    void itListensOnLoopbackOnlyAndTellsNothingByFourLetterWords(@TempDir Path directory) throws Exception {
        try (EmbeddedZooKeeper server = start(directory, OptionalInt.empty())) {
            String[] address = server.connectString().split(":", -1);
            assertThat(address[0]).isEqualTo("127.0.0.1");
            try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
                socket.getOutputStream().write("envi".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                assertThat(new String(
                                socket.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII))
                        .doesNotContain("zookeeper.version");
            }
        }
    }

    private static Set<String> zooKeeperProperties() {
        return System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("zookeeper."))
                .collect(Collectors.toSet());
    }

    private static EmbeddedZooKeeper start(Path directory, OptionalInt port) throws Exception {
        return EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(directory, port, TICK, TIMEOUT));
    }

    private static CoordinationStore client(EmbeddedZooKeeper server) throws Exception {
        return CuratorStore.open(new CuratorSettings(
                server.connectString(), "n", Duration.ofSeconds(10), Duration.ofSeconds(20), Optional.empty()));
    }
}
