package io.resilver.multihost;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ZooKeeper server of the packaged plugin, with nothing on the class path but what the plugin brings. */
class EmbeddedZooKeeperIT {
    /** Serves until its standard input ends. */
    private static final String SERVER = """
            package server;
            import io.resilver.coordination.server.EmbeddedZooKeeper;
            import java.nio.file.Path;
            import java.time.Duration;
            import java.util.OptionalInt;
            public final class Main {
                public static void main(String[] arguments) throws Exception {
                    EmbeddedZooKeeper.Settings settings = new EmbeddedZooKeeper.Settings(
                            Path.of(arguments[0]), OptionalInt.empty(), Duration.ofMillis(200), Duration.ofSeconds(60));
                    try (EmbeddedZooKeeper server = EmbeddedZooKeeper.start(settings)) {
                        System.out.println(server.connectString());
                        System.in.transferTo(System.out);
                    }
                }
            }
            """;

    private static final int KILLED = 128 + 9;
    private static final int PATIENCE_MS = 30_000;

    @TempDir
    Path directory;

    private Process server;

    @AfterEach
    void end() {
        if (server != null) {
            server.destroyForcibly();
        }
    }

    /** Starts the server in a process of its own and answers where it listens. */
    private String start(Path jar) throws IOException {
        server = ChildJvm.start(
                directory,
                "--class-path",
                PackagedJars.joined(PackagedJars.pluginClassPathAnd(jar)),
                "server.Main",
                directory.resolve("zookeeper").toString());
        String where = server.inputReader().readLine();
        assertThat(where).as(ChildJvm.errors(directory)).isNotNull();
        return where;
    }

    private static CuratorFramework client(String where) throws InterruptedException {
        CuratorFramework client =
                CuratorFrameworkFactory.newClient(where, PATIENCE_MS, PATIENCE_MS, new RetryOneTime(100));
        client.start();
        assertThat(client.blockUntilConnected(PATIENCE_MS, TimeUnit.MILLISECONDS))
                .isTrue();
        return client;
    }

    private List<String> left(String folder) throws IOException {
        try (Stream<Path> all = Files.list(directory.resolve(folder))) {
            return all.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    @DisplayName(
            "Section 2: from the packaged jars alone the server starts, and keeps a node through kill -9; the next start"
                    + " removes what the killed one generated")
    void survivesKill() throws Exception {
        Path jar = new SmallJar(directory, "server.jar")
                .source("server/Main.java", SERVER)
                .build("--class-path", PackagedJars.joined(List.of(PackagedJars.PLUGIN, PackagedJars.SPI)));
        try (CuratorFramework client = client(start(jar))) {
            client.create().forPath("/kept", "of value".getBytes(UTF_8));
            server.destroyForcibly();
            assertThat(server.waitFor()).isEqualTo(KILLED);
        }
        List<String> ofTheKilled = left("zookeeper");

        try (CuratorFramework client = client(start(jar))) {
            assertThat(new String(client.getData().forPath("/kept"), UTF_8)).isEqualTo("of value");
        }
        server.outputWriter().close();
        assertThat(server.waitFor()).as(ChildJvm.errors(directory)).isZero();
        assertThat(left("zookeeper"))
                .satisfiesExactly(
                        data -> assertThat(data).isEqualTo("data"),
                        own -> assertThat(own)
                                .startsWith("zookeeper.configuration")
                                .isNotIn(ofTheKilled));
        assertThat(left("tmp")).isEmpty();
    }
}
