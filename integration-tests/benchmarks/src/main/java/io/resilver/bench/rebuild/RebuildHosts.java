package io.resilver.bench.rebuild;

import static io.resilver.host.cli.demo.HostProcess.verb;

import io.resilver.bench.process.JavaProgram;
import io.resilver.bench.process.Poll;
import io.resilver.bench.run.Workbench;
import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.host.cli.Main;
import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import io.resilver.host.disk.FileDisk;
import io.resilver.host.volume.FileVolume;
import io.resilver.host.volume.StoreReader;
import io.resilver.host.volume.VolumeOptions;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.StagedInstall;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A volume of two hosts: the source, which leads, and the target, which comes without a usable store and gets a full base. Not
 * thread safe.
 */
final class RebuildHosts implements AutoCloseable {
    static final String SOURCE = "source";
    static final String TARGET = "target";

    /** A heap that is small against the base. */
    static final List<String> JVM = List.of("-XX:+UseSerialGC", "-Xmx256m");

    private static final String VOLUME = "bench";
    private static final Duration TICK = Duration.ofMillis(500);
    private static final Duration START_PATIENCE = Duration.ofSeconds(60);

    /** A base of many GiB over a machine that others use too. */
    private static final Duration REBUILD_PATIENCE = Duration.ofMinutes(5);

    private static final int RANGE_BYTES = 1 << 20;
    private static final int BLOCK = 4 << 10;

    private final Workbench bench;
    private final Path directory;
    private final List<String> jvmOptions;
    private final EmbeddedZooKeeper zookeeper;
    private final Map<String, HostProcess> running = new HashMap<>();

    private RebuildHosts(Workbench bench, Path directory, List<String> jvmOptions, EmbeddedZooKeeper zookeeper) {
        this.bench = bench;
        this.directory = directory;
        this.jvmOptions = jvmOptions;
        this.zookeeper = zookeeper;
    }

    /** How a rebuild went, as the source reports it: from its first pin to what the target made durable at the end. */
    record Rebuild(double seconds, long bytesSent) {}

    /** A ZooKeeper, and no host yet. */
    static RebuildHosts open(Workbench bench, Path directory, List<String> jvmOptions)
            throws RecoveryException, IOException {
        Files.createDirectories(directory);
        EmbeddedZooKeeper zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                directory.resolve("zookeeper"), OptionalInt.empty(), TICK, START_PATIENCE));
        return new RebuildHosts(bench, directory, jvmOptions, zookeeper);
    }

    /**
     * Starts a source whose volume is a file. The store is given it as a base, by its own engine and while nobody serves it:
     * writing it through the primary would take longer than all that is measured.
     */
    void startSource(RandomFile content) throws DemoException, RecoveryException, IOException {
        HostProcess first = launch(SOURCE, true);
        Poll.until(() -> first.ask(verb("status")).flag("primary"), "the source leads");
        first.ask(verb("write-pattern")
                .put("seed", 1)
                .put("from", 0)
                .put("to", BLOCK)
                .put("at", 0)
                .put("block", BLOCK));
        String incarnation =
                first.ask(verb("status")).text("incarnation").orElseThrow(() -> new DemoException("no incarnation"));
        first.beginStop();
        Poll.until(
                () -> ProcessHandle.of(first.pid())
                        .filter(ProcessHandle::isAlive)
                        .isEmpty(),
                "the source ends");
        bench.children().kill(first);
        install(content, new Incarnation(incarnation));
        HostProcess source = launch(SOURCE, false);
        Poll.until(() -> source.ask(verb("status")).flag("primary"), "the source leads again");
        onlyFullBase();
    }

    private void install(RandomFile content, Incarnation incarnation) throws RecoveryException, IOException {
        try (FileVolume volume = FileVolume.open(
                        new FileDisk(),
                        store(SOURCE),
                        VolumeOptions.DEFAULT,
                        new SecureRandom(),
                        Runnable::run,
                        new ReplicaId(new VolumeId(VOLUME), SOURCE),
                        incarnation);
                FileChannel file = FileChannel.open(content.path())) {
            ReplicaPosition at = volume.target().position();
            BaseDescriptor base = new BaseDescriptor(
                    at.flushedLsn(), at.lineage().orElse(Lineage.EMPTY), content.bytes(), RANGE_BYTES);
            try (StagedInstall install = volume.target().beginInstall(base)) {
                for (long index = 0; index < base.ranges(); index++) {
                    ByteBuffer range = ByteBuffer.allocate(base.rangeLength(index));
                    while (range.hasRemaining()) {
                        if (file.read(range) < 0) {
                            throw new EOFException(content.path() + " became shorter");
                        }
                    }
                    install.write(index, range.flip());
                }
                install.flush();
                install.commit();
            }
        }
    }

    /** Lets go of the source's log and of its checkpoint: whoever is behind now gets a full base. */
    void onlyFullBase() throws DemoException {
        HostProcess source = process(SOURCE);
        long checkpoint = source.ask(verb("checkpoint"))
                .number("lsn")
                .orElseThrow(() -> new DemoException("a checkpoint without an LSN"));
        Poll.until(
                () -> source.ask(verb("trim").put("lsn", checkpoint))
                        .number("tailLsn")
                        .equals(OptionalLong.of(checkpoint)),
                "the source's log is trimmed to LSN " + checkpoint);
        source.ask(verb("release-checkpoint"));
    }

    /** Deletes the target's store, so that it comes with an empty one. */
    void emptyTarget() throws DemoException, IOException {
        killTarget();
        delete(data(TARGET));
    }

    /** Ends both and gives their space back. */
    void deleteStores() throws DemoException, IOException {
        emptyTarget();
        bench.children().kill(process(SOURCE));
        running.remove(SOURCE);
        delete(data(SOURCE));
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    /** Bounds what the source sends, in bytes per second; 0 for no bound. */
    void throttle(long bytesPerSecond) throws DemoException {
        Message.Builder request = verb("throttle");
        process(SOURCE).ask(bytesPerSecond > 0 ? request.put("bytesPerSecond", bytesPerSecond) : request);
    }

    /** Kills the target once so much was sent to it. */
    void killTargetAt(int mark, long bytesSent) throws DemoException {
        process(SOURCE)
                .await(
                        mark,
                        "RecoveryProgressed",
                        event -> isOfTarget(event) && event.number("bytesSent").orElse(0) >= bytesSent,
                        REBUILD_PATIENCE);
        killTarget();
    }

    /** Starts the target. */
    HostProcess startTarget() throws DemoException {
        return launch(TARGET, false);
    }

    /** Kills the target as kill -9 does, if it runs. */
    void killTarget() throws DemoException {
        HostProcess target = running.remove(TARGET);
        if (target != null) {
            bench.children().kill(target);
        }
    }

    /** How many events the source has told so far. */
    int mark() throws DemoException {
        return process(SOURCE).mark();
    }

    /** Waits until the target was rebuilt and is in sync. */
    Rebuild rebuilt(int mark) throws DemoException {
        HostProcess source = process(SOURCE);
        Message report = source.await(mark, "RecoveryCompleted", RebuildHosts::isOfTarget, REBUILD_PATIENCE);
        source.await(mark, "ReplicaJoined", RebuildHosts::isOfTarget, REBUILD_PATIENCE);
        if (!report.text("rebuildSource").equals(Optional.of("FULL_BASE"))) {
            throw new DemoException("the target was not rebuilt from a full base: " + report);
        }
        return new Rebuild(
                report.number("nanos").orElseThrow() / 1e9,
                report.number("bytesSent").orElseThrow());
    }

    HostProcess process(String name) throws DemoException {
        HostProcess found = running.get(name);
        if (found == null) {
            throw new DemoException("host " + name + " does not run");
        }
        return found;
    }

    static boolean isOfTarget(Message event) {
        return event.text("replica").equals(Optional.of(TARGET));
    }

    /** The digest of the target's image, from its files. */
    String targetSha256() throws RecoveryException {
        return new StoreReader(new FileDisk(), store(TARGET)).sha256(OptionalLong.empty());
    }

    /** Where a host's store is. */
    Path store(String name) {
        return data(name).resolve("adapter-file").resolve(VOLUME).resolve(name);
    }

    private Path data(String name) {
        return directory.resolve("host-" + name);
    }

    private HostProcess launch(String name, boolean create) throws DemoException {
        try {
            Path config = directory.resolve(name + ".properties");
            Files.writeString(config, configuration(name));
            List<String> arguments = create
                    ? List.of("serve", "--config", config.toString(), "--create-volume")
                    : List.of("serve", "--config", config.toString());
            HostProcess host = bench.children()
                    .start(
                            name,
                            new ProcessBuilder(JavaProgram.command(jvmOptions, Main.class, arguments))
                                    .redirectError(ProcessBuilder.Redirect.appendTo(
                                            directory.resolve(name + ".log").toFile())));
            running.put(name, host);
            host.await(0, "Serving", any -> true, START_PATIENCE);
            return host;
        } catch (IOException e) {
            throw new DemoException("host " + name + " could not be started: " + e.getMessage(), e);
        }
    }

    private String configuration(String name) {
        return Map.of(
                        "host.id",
                        name,
                        "host.data",
                        data(name).toString(),
                        "host.volume",
                        VOLUME,
                        "host.replicas",
                        SOURCE + "," + TARGET,
                        "resilver.coordination.connect",
                        zookeeper.connectString(),
                        "resilver.adapter.file.retain-log-bytes",
                        "0",
                        "resilver.policy.host.longest-back-off-ms",
                        "200")
                .entrySet()
                .stream()
                .map(each -> each.getKey() + "=" + each.getValue().replace("\\", "\\\\") + "\n")
                .collect(Collectors.joining());
    }

    @Override
    public void close() throws DemoException {
        for (HostProcess each : running.values()) {
            bench.children().kill(each);
        }
        running.clear();
        zookeeper.close();
    }
}
