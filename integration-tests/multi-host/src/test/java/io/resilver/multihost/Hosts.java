package io.resilver.multihost;

import static io.resilver.host.cli.demo.HostProcess.verb;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import io.resilver.host.disk.FileDisk;
import io.resilver.host.volume.StoreReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Three hosts of one volume, each a process of the packaged jar, and a real ZooKeeper. */
final class Hosts implements AutoCloseable {
    static final List<String> NAMES = List.of("a", "b", "c");
    static final Duration SESSION = Duration.ofSeconds(2);
    static final Duration SILENCE = Duration.ofMillis(1_500);
    static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String VOLUME = "v";
    private static final Duration TICK = Duration.ofMillis(500);

    private final Path directory;
    private final Map<String, HostProcess> running = new TreeMap<>();
    private final Map<String, Integer> ports = new TreeMap<>();
    private final Map<String, FaultProxy> toHost = new TreeMap<>();
    private final Map<String, FaultProxy> toZooKeeper = new TreeMap<>();
    private final int zookeeperPort;
    private EmbeddedZooKeeper zookeeper;

    Hosts(Path directory) throws Exception {
        this.directory = directory;
        this.zookeeper = startZooKeeper(OptionalInt.empty());
        this.zookeeperPort = FaultProxy.port(zookeeper.connectString());
    }

    /** The same, with a proxy before each host, and one between each host and ZooKeeper. */
    static Hosts withProxies(Path directory) throws Exception {
        Hosts made = new Hosts(directory);
        for (String name : NAMES) {
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                made.ports.put(name, free.getLocalPort());
            }
            made.toHost.put(name, new FaultProxy(made.ports.get(name)));
            made.toZooKeeper.put(name, new FaultProxy(made.zookeeperPort));
        }
        return made;
    }

    private EmbeddedZooKeeper startZooKeeper(OptionalInt port) throws Exception {
        return EmbeddedZooKeeper.start(
                new EmbeddedZooKeeper.Settings(directory.resolve("zookeeper"), port, TICK, Duration.ofSeconds(40)));
    }

    /** What stands before a host, for those who connect to it. */
    FaultProxy before(String name) {
        return toHost.get(name);
    }

    /** What stands between a host and ZooKeeper. */
    FaultProxy beforeZooKeeper(String name) {
        return toZooKeeper.get(name);
    }

    /** All of ZooKeeper is gone; its data stays. */
    void stopZooKeeper() {
        zookeeper.close();
    }

    /** ZooKeeper is back where it was, on its data. */
    void restartZooKeeper() throws Exception {
        zookeeper = startZooKeeper(OptionalInt.of(zookeeperPort));
    }

    String connectString() {
        return zookeeper.connectString();
    }

    HostProcess start(String name, String... options) throws Exception {
        Path config = directory.resolve(name + ".properties");
        Files.writeString(config, configuration(name));
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-jar",
                PackagedJars.HOST.toString(),
                "serve",
                "--config",
                config.toString()));
        command.addAll(List.of(options));
        HostProcess host = new HostProcess(
                name,
                new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.appendTo(
                                directory.resolve(name + ".log").toFile()))
                        .start());
        running.put(name, host);
        host.await(0, "Serving", any -> true, PATIENCE);
        return host;
    }

    private String configuration(String name) {
        Map<String, String> keys = new TreeMap<>();
        if (toHost.containsKey(name)) {
            keys.put("resilver.transport.port", ports.get(name).toString());
            keys.put("resilver.transport.advertise", toHost.get(name).address());
        }
        String connect = toZooKeeper.containsKey(name) ? toZooKeeper.get(name).address() : zookeeper.connectString();
        keys.putAll(Map.of(
                "host.id",
                name,
                "host.data",
                directory.resolve("host-" + name).toString(),
                "host.volume",
                VOLUME,
                "host.replicas",
                String.join(",", NAMES),
                "resilver.coordination.connect",
                connect,
                "resilver.coordination.session-timeout-ms",
                Long.toString(SESSION.toMillis()),
                "resilver.coordination.heartbeat-ms",
                "50",
                "resilver.coordination.silence-ms",
                Long.toString(SILENCE.toMillis()),
                "resilver.coordination.read-lease-ms",
                "500",
                "resilver.policy.host.longest-back-off-ms",
                "200"));
        StringBuilder lines = new StringBuilder();
        keys.forEach((key, value) -> lines.append(key).append('=').append(value).append('\n'));
        return lines.toString();
    }

    HostProcess host(String name) {
        return Optional.ofNullable(running.get(name)).orElseThrow();
    }

    /** Waits until one of these hosts is primary, with an epoch above another. */
    HostProcess leader(long aboveEpoch, String... names) {
        return await().atMost(PATIENCE)
                .until(
                        () -> {
                            for (String each : names) {
                                Message status = host(each).ask(verb("status"));
                                if (status.flag("primary")
                                        && status.number("epoch").orElse(0) > aboveEpoch) {
                                    return Optional.of(host(each));
                                }
                            }
                            return Optional.<HostProcess>empty();
                        },
                        Optional::isPresent)
                .orElseThrow();
    }

    /** Waits until these replicas are the in-sync set. */
    void joined(HostProcess primary, String names) {
        await().atMost(PATIENCE)
                .until(() -> primary.ask(verb("status")).text("inSync").equals(Optional.of(names)));
    }

    static long epoch(HostProcess primary) throws DemoException {
        return primary.ask(verb("status")).number("epoch").orElse(0);
    }

    /** The SHA-256 of a replica's image at what is committed, from its files alone. */
    String image(String name, long committedLsn) {
        StoreReader reader = new StoreReader(
                new FileDisk(),
                directory
                        .resolve("host-" + name)
                        .resolve("adapter-file")
                        .resolve(VOLUME)
                        .resolve(name));
        return await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> reader.sha256(OptionalLong.of(committedLsn)), any -> true);
    }

    String log(String name) throws IOException {
        return Files.readString(directory.resolve(name + ".log"));
    }

    @Override
    public void close() throws DemoException, IOException {
        for (HostProcess each : running.values()) {
            each.signal("CONT");
            each.kill();
        }
        for (Map<String, FaultProxy> each : List.of(toHost, toZooKeeper)) {
            for (FaultProxy proxy : each.values()) {
                proxy.close();
            }
        }
        zookeeper.close();
    }
}
