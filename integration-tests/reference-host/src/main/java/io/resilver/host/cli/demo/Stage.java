package io.resilver.host.cli.demo;

import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.host.cli.Main;
import io.resilver.host.engine.HostEngine;
import io.resilver.host.engine.HostStoreFiles;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where the story plays: a directory, a ZooKeeper in this process and the hosts. Whatever was started is ended, and
 * whatever was written is deleted, when it is closed, which any thread may do at any time. Thread safe.
 */
final class Stage implements AutoCloseable {
    static final List<String> HOSTS = List.of("a", "b", "c");
    static final String VOLUME = "demo";

    /** A JVM starts, opens a store and a session: seconds on a busy machine. */
    private static final Duration START_PATIENCE = Duration.ofSeconds(40);

    private static final Duration TICK = Duration.ofMillis(500);
    private static final int LOG_LINES_SHOWN = 20;

    private final HostEngine engine;
    private final Path directory;
    private final EmbeddedZooKeeper zookeeper;
    private final Map<String, HostProcess> hosts = new HashMap<>();
    private boolean closed;

    private Stage(HostEngine engine, Path directory, EmbeddedZooKeeper zookeeper) {
        this.engine = engine;
        this.directory = directory;
        this.zookeeper = zookeeper;
    }

    /** A new stage in the machine's temporary directory, without hosts. */
    static Stage open(HostEngine engine) throws DemoException {
        Path directory;
        try {
            directory = Files.createTempDirectory("resilver-demo-");
        } catch (IOException e) {
            throw new DemoException("no directory can be made for the demo: " + e, e);
        }
        try {
            return new Stage(
                    engine,
                    directory,
                    EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                            directory.resolve("zookeeper"), OptionalInt.empty(), TICK, START_PATIENCE)));
        } catch (RecoveryException e) {
            delete(directory);
            throw new DemoException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Starts a host and waits until it serves its replica. */
    HostProcess start(String name, boolean createVolume) throws DemoException {
        return serving(launch(name, createVolume));
    }

    /** Waits until a host serves its replica. */
    static HostProcess serving(HostProcess host) throws DemoException {
        host.await(0, "Serving", any -> true, START_PATIENCE);
        return host;
    }

    /** Starts a host, which takes a while until it serves. */
    synchronized HostProcess launch(String name, boolean createVolume) throws DemoException {
        if (closed) {
            throw new DemoException("the demo is over");
        }
        try {
            Path config = directory.resolve(name + ".properties");
            Files.writeString(config, configuration(name));
            List<String> command = new ArrayList<>(List.of(
                    ProcessHandle.current().info().command().orElse("java"),
                    "-XX:+IgnoreUnrecognizedVMOptions",
                    "--sun-misc-unsafe-memory-access=allow",
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:+UseSerialGC",
                    "-Xshare:auto",
                    "-Xmx512m",
                    "-Dfile.encoding=UTF-8",
                    // An engine may unpack native code there, and a host that is killed removes nothing.
                    "-Djava.io.tmpdir=" + directory,
                    "-cp",
                    System.getProperty("java.class.path", ""),
                    Main.class.getName(),
                    "serve",
                    "--config",
                    config.toString()));
            if (createVolume) {
                command.add("--create-volume");
            }
            HostProcess host = new HostProcess(
                    name,
                    new ProcessBuilder(command)
                            .redirectError(
                                    ProcessBuilder.Redirect.appendTo(log(name).toFile()))
                            .start());
            hosts.put(name, host);
            return host;
        } catch (IOException e) {
            throw new DemoException("host " + name + " could not be started: " + e.getMessage(), e);
        }
    }

    private String configuration(String name) {
        Map<String, String> keys = new TreeMap<>(engine.onDemand(Layout.SEGMENT)); // checkpoints are the story's own
        keys.putAll(Map.ofEntries(
                Map.entry("host.id", name),
                Map.entry("host.data", data(name).toString()),
                Map.entry("host.volume", VOLUME),
                Map.entry("host.replicas", String.join(",", HOSTS)),
                Map.entry("resilver.coordination.connect", zookeeper.connectString()),
                Map.entry("resilver.coordination.session-timeout-ms", "2000"),
                Map.entry("resilver.coordination.heartbeat-ms", "50"),
                Map.entry("resilver.coordination.silence-ms", "1500"),
                Map.entry("resilver.coordination.read-lease-ms", "500"),
                Map.entry("resilver.transport.window-bytes", Integer.toString(Layout.WINDOW)),
                Map.entry("resilver.recovery.batch-bytes", Integer.toString(Layout.BATCH)),
                Map.entry("resilver.recovery.progress-ms", "100"),
                Map.entry("resilver.adapter.name", engine.name()),
                Map.entry("resilver.policy.host.grace-ms", "1500"),
                Map.entry("resilver.policy.host.longest-back-off-ms", "200")));
        return keys.entrySet().stream()
                .map(each -> each.getKey() + "=" + each.getValue().replace("\\", "\\\\") + "\n")
                .collect(Collectors.joining());
    }

    private Path data(String name) {
        return directory.resolve("host-" + name);
    }

    private Path log(String name) {
        return directory.resolve(name + ".log");
    }

    /** Reads the files of a host's replica. */
    HostStoreFiles files(String name) {
        return engine.files(
                data(name).resolve("adapter-" + engine.name()).resolve(VOLUME).resolve(name));
    }

    /** The last lines that the hosts logged, for a person who wants to know why the story stopped. */
    List<String> lastWords() {
        List<String> words = new ArrayList<>();
        for (String name : HOSTS) {
            try {
                List<String> lines = Files.readAllLines(log(name), StandardCharsets.UTF_8).stream()
                        .filter(line -> !line.startsWith("\t"))
                        .toList();
                lines.stream()
                        .skip(Math.max(0, lines.size() - LOG_LINES_SHOWN))
                        .forEach(line -> words.add(name + ": " + line));
            } catch (IOException notStarted) {
                words.add(name + ": (no log)");
            }
        }
        return words;
    }

    /** Whether a replica of this engine can cut off what it should not have. */
    boolean undoes() {
        return engine.undoes();
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Ends every process that was started, whatever state it is in, and deletes every file. Idempotent. */
    @Override
    public synchronized void close() throws DemoException {
        if (closed) {
            return;
        }
        closed = true;
        Optional<DemoException> failure = Optional.empty();
        for (HostProcess host : hosts.values()) {
            try {
                host.kill();
            } catch (DemoException e) {
                failure = Optional.of(e);
            }
        }
        zookeeper.close();
        delete(directory);
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    private static void delete(Path directory) throws DemoException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new DemoException(directory + " could not be deleted: " + e, e);
        }
    }
}
