package io.resilver.host.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.host.cli.Main;
import io.resilver.host.cli.Streams;
import io.resilver.plugin.config.DriverConfiguration;
import io.resilver.transport.FreePorts;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A host that cannot start says in one line what is wrong, where, and what to do, and ends with 1. It leaves nothing: no
 * thread, no port, no file.
 */
class BadStartTest {
    /** Nobody serves there: the port is reserved, and connections to it are refused at once. */
    private static final String NOBODY = "127.0.0.1:1";

    private static final Duration THREADS_END = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int serve(Map<String, String> changed, String... options) throws IOException {
        Map<String, String> keys = new TreeMap<>(Map.of(
                "host.id", "a",
                "host.data", directory.resolve("data").toString(),
                "host.volume", "v",
                "host.replicas", "a",
                "resilver.coordination.connect", NOBODY,
                "resilver.coordination.connect-timeout-ms", "300"));
        keys.putAll(changed);
        Path config = directory.resolve("host.properties");
        Files.write(
                config,
                keys.entrySet().stream()
                        .map(each -> each.getKey() + "=" + each.getValue())
                        .toList());
        out.reset();
        err.reset();
        return Main.run(
                new Streams(
                        new ByteArrayInputStream(new byte[0]), out, new PrintStream(err, true, StandardCharsets.UTF_8)),
                Stream.concat(Stream.of("serve", "--config", config.toString()), Arrays.stream(options))
                        .toArray(String[]::new));
    }

    private void refused(Map<String, String> changed, String... words) throws IOException {
        Files.writeString(directory.resolve("host.properties"), "");
        Set<Path> before = files();
        Set<Thread> running = threads();
        assertThat(serve(changed, "--create-volume")).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(err.toString(StandardCharsets.UTF_8).lines().toList())
                .singleElement()
                .asString()
                .startsWith("resilver serve: ")
                .contains(words)
                .doesNotContain("Exception", "null");
        assertThat(files()).isEqualTo(before);
        await().pollInSameThread()
                .atMost(THREADS_END)
                .untilAsserted(() -> assertThat(threads()).isSubsetOf(running));
    }

    private Set<Path> files() throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.collect(Collectors.toSet());
        }
    }

    private static Set<Thread> threads() {
        return new HashSet<>(Thread.getAllStackTraces().keySet());
    }

    @Test
    @DisplayName("TLS files that are missing: file and key are named, and nothing is listened on")
    void missingCertificates() throws Exception {
        String gone = directory.resolve("gone.pem").toString();
        refused(
                Map.of(
                        "resilver.transport.tls-certificate-file", gone,
                        "resilver.transport.tls-key-file", gone,
                        "resilver.transport.tls-trust-file", gone),
                "resilver.transport.tls-certificate-file = " + gone,
                "there is no such file");
    }

    @Test
    @DisplayName("a transport port that is in use: address, port and key are named")
    void aPortInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = String.valueOf(taken.getLocalPort());
            refused(
                    Map.of("resilver.transport.port", port),
                    "cannot listen on 127.0.0.1 port " + port,
                    "in use",
                    "resilver.transport.port");
        }
    }

    @Test
    @DisplayName("a transport address that is none of this machine: it is named with its key")
    void anAddressOfNobody() throws Exception {
        refused(
                Map.of("resilver.transport.address", "nobody.invalid"),
                "cannot listen on nobody.invalid",
                "resilver.transport.address");
    }

    @Test
    @DisplayName("ZooKeeper that is away: after the configured wait, which is named, and the port is free again")
    void noZooKeeper() throws Exception {
        int port = FreePorts.next();
        refused(
                Map.of("resilver.transport.port", String.valueOf(port)),
                "ZooKeeper at " + NOBODY,
                "300 ms",
                "resilver.coordination.connect-timeout-ms",
                "check the address");
        new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
        assertThat(serve(Map.of(), "--help")).isZero();
        long byDefault = DriverConfiguration.read(Map.of("resilver.coordination.connect", NOBODY))
                .get(DriverConfiguration.COORDINATION_CONNECT_TIMEOUT)
                .toMillis();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("resilver.coordination.connect-timeout-ms (" + byDefault + ")");
    }

    @Test
    @DisplayName("a connect string or a namespace that cannot be: the key is named, and nobody is waited for")
    void aMalformedCoordination() throws Exception {
        refused(Map.of("resilver.coordination.connect", "zk1:port"), "resilver.coordination", "zk1:port", "host:port");
        refused(Map.of("resilver.coordination.namespace", "a b"), "resilver.coordination", "namespace 'a b'");
    }

    @Test
    @DisplayName("an adapter that is not there: its name, the key and what is there are named")
    void noSuchAdapter() throws Exception {
        refused(
                Map.of("resilver.adapter.name", "nosuch"),
                "no storage adapter provider named 'nosuch'",
                "resilver.adapter.name",
                "Present: 'file'");
    }

    @Test
    @DisplayName(
            "a data directory that is a file or lies in one: it is named before anything is created, the volume too")
    void dataThatIsNoDirectory() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "content");
        try (EmbeddedZooKeeper zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                directory.resolve("zookeeper"), OptionalInt.empty(), Duration.ofMillis(500), Duration.ofSeconds(20)))) {
            Map<String, String> there = Map.of(
                    "resilver.coordination.connect",
                    zookeeper.connectString(),
                    "resilver.coordination.connect-timeout-ms",
                    "10000");
            for (Path bad : new Path[] {file, file.resolve("data")}) {
                Map<String, String> changed = new TreeMap<>(there);
                changed.put("host.data", bad.toString());
                refused(changed, "host.data = '" + bad + "'", file + " is not a directory");
            }
            assertThat(Files.readString(file)).isEqualTo("content");
            // It creates the volume, which must not exist: so nobody did before.
            assertThat(serve(there, "--create-volume")).as(err::toString).isZero();
        }
    }
}
