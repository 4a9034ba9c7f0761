package io.resilver.bench.hosts;

import io.resilver.bench.Main;
import io.resilver.bench.process.JavaProgram;
import io.resilver.bench.process.Poll;
import io.resilver.bench.run.Workbench;
import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import io.resilver.host.disk.FileDisk;
import io.resilver.host.volume.StoreReader;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Two hosts of one volume in a process each, and their ZooKeeper in this one. {@code x} leads, {@code y} comes and goes. Not
 * thread safe.
 */
public final class VolumeHosts implements AutoCloseable {
    /** Who leads. */
    public static final String SOURCE = "x";
    /** Who is brought in sync. */
    public static final String TARGET = "y";

    private static final String VOLUME = "bench";
    private static final Duration TICK = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Workbench bench;
    private final Path directory;
    private final EmbeddedZooKeeper zookeeper;
    private final Map<String, HostProcess> hosts = new HashMap<>();

    private VolumeHosts(Workbench bench, Path directory, EmbeddedZooKeeper zookeeper) {
        this.bench = bench;
        this.directory = directory;
        this.zookeeper = zookeeper;
    }

    /**
     * Starts both; they are in sync, of an empty volume, when this returns.
     *
     * @param bench whose processes they are
     * @param directory theirs, on the disk that is measured; created if missing
     * @param jvm heap, collector and the like, of both
     * @param keys the hosts' further configuration
     * @return the hosts
     */
    public static VolumeHosts start(Workbench bench, Path directory, List<String> jvm, Map<String, String> keys)
            throws DemoException, RecoveryException, IOException {
        Files.createDirectories(directory);
        VolumeHosts made = new VolumeHosts(
                bench,
                directory,
                EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                        directory.resolve("zookeeper"), OptionalInt.empty(), TICK, PATIENCE)));
        try {
            made.launch(SOURCE, jvm, keys, true);
            made.launch(TARGET, jvm, keys, false);
            made.begin(SOURCE);
            made.host(SOURCE).await(0, "PrimaryTookOver", any -> true, PATIENCE);
            made.begin(TARGET);
            made.awaitInSync();
            return made;
        } catch (DemoException | IOException e) {
            made.close();
            throw e;
        }
    }

    private void launch(String name, List<String> jvm, Map<String, String> keys, boolean create)
            throws DemoException, IOException {
        Path config = directory.resolve(name + ".properties");
        Map<String, String> all = new TreeMap<>(Map.of(
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
                "resilver.policy.host.longest-back-off-ms",
                "200"));
        all.putAll(keys);
        Files.writeString(
                config,
                all.entrySet().stream()
                        .map(each -> each.getKey() + "=" + each.getValue().replace("\\", "\\\\") + "\n")
                        .collect(Collectors.joining()));
        Stream<String> arguments = Stream.of("bench", WarmHostCommand.NAME, "--config", config.toString());
        ProcessBuilder program = new ProcessBuilder(JavaProgram.command(
                        jvm,
                        Main.class,
                        Stream.concat(arguments, create ? Stream.of("--create-volume") : Stream.empty())
                                .toList()))
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        directory.resolve(name + ".log").toFile()));
        HostProcess host = bench.children().start(name, program);
        hosts.put(name, host);
        host.await(0, "Ready", any -> true, PATIENCE);
    }

    /**
     * A host's process.
     *
     * @param name which one
     * @return the process
     */
    public HostProcess host(String name) {
        HostProcess found = hosts.get(name);
        if (found == null) {
            throw new IllegalStateException("host " + name + " was not started");
        }
        return found;
    }

    /** Where a host has its data. */
    private Path data(String name) {
        return directory.resolve("host-" + name);
    }

    private void begin(String name) throws DemoException {
        HostProcess host = host(name);
        int mark = host.mark();
        host.ask(HostProcess.verb("begin"));
        host.await(mark, "Serving", any -> true, PATIENCE);
    }

    private void awaitInSync() throws DemoException {
        Poll.until(
                () -> host(SOURCE)
                        .ask(HostProcess.verb("status"))
                        .text("inSync")
                        .equals(Optional.of(SOURCE + "," + TARGET)),
                "both replicas are in sync");
    }

    /** The target stops serving, as for maintenance; its process stays. */
    public void targetLeaves() throws DemoException {
        host(TARGET).ask(HostProcess.verb("leave"));
    }

    /**
     * Writes bytes made from a seed, in blocks side by side from the beginning of the volume on, and waits until they are
     * committed.
     *
     * @param seed of the content
     * @param bytes how many in all
     * @param block how many in one entry
     */
    public void write(long seed, long bytes, int block) throws DemoException {
        host(SOURCE)
                .ask(HostProcess.verb("write-pattern")
                        .put("seed", seed)
                        .put("from", 0)
                        .put("to", bytes)
                        .put("at", 0)
                        .put("block", block));
    }

    /**
     * The target serves again, and is brought in sync.
     *
     * @return what that took
     */
    public Recovered targetReturns() throws DemoException {
        HostProcess source = host(SOURCE);
        int mark = source.mark();
        long from = System.nanoTime();
        host(TARGET).ask(HostProcess.verb("begin"));
        Message done = source.await(mark, "RecoveryCompleted", any -> true, PATIENCE);
        double whole = (System.nanoTime() - from) / 1e9;
        source.await(mark, "ReplicaJoined", any -> true, PATIENCE);
        return new Recovered(
                done.text("outcome").orElse(""),
                done.number("nanos").orElseThrow() / 1e9,
                whole,
                done.number("bytesSent").orElseThrow());
    }

    /**
     * A recovery.
     *
     * @param outcome what it was
     * @param seconds from its begin, once the replica was fenced and planned for, to its end: all of it is durable
     * @param fromCallSeconds from asking the target to serve to the same end
     * @param bytesSent of payload
     */
    public record Recovered(String outcome, double seconds, double fromCallSeconds, long bytesSent) {}

    /**
     * Compares the images of both, from their files, at the last entry that is committed.
     *
     * @return whether they are the same
     */
    public boolean same() throws DemoException {
        awaitInSync();
        long committed = host(SOURCE)
                .ask(HostProcess.verb("status"))
                .number("committedLsn")
                .orElseThrow();
        return image(SOURCE, committed).equals(image(TARGET, committed));
    }

    private String image(String name, long committed) throws DemoException {
        String[] found = new String[1];
        StoreReader reader = new StoreReader(
                new FileDisk(),
                data(name).resolve("adapter-file").resolve(VOLUME).resolve(name));
        Poll.until(
                () -> {
                    try {
                        found[0] = reader.sha256(OptionalLong.of(committed));
                        return true;
                    } catch (RecoveryException notYet) {
                        return false;
                    }
                },
                "the image of " + name + " at LSN " + committed + " can be read");
        return found[0];
    }

    /** Kills both and stops their ZooKeeper. */
    @Override
    public void close() throws DemoException {
        for (HostProcess each : hosts.values()) {
            bench.children().kill(each);
        }
        zookeeper.close();
    }
}
