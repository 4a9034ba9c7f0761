package io.resilver.bench.rebuild;

import static io.resilver.bench.hosts.VolumeHosts.SOURCE;
import static io.resilver.bench.hosts.VolumeHosts.TARGET;
import static io.resilver.host.cli.demo.HostProcess.verb;

import io.resilver.bench.hosts.VolumeHosts;
import io.resilver.bench.process.Poll;
import io.resilver.bench.run.Workbench;
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
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Two hosts, of which the source has the content of a file and no log behind it, so that a target with an empty store gets a
 * full base. Not thread safe.
 */
final class RebuildHosts implements AutoCloseable {
    /** A heap that is small against the base. */
    static final List<String> JVM = List.of("-XX:+UseSerialGC", "-Xmx256m");

    private static final Map<String, String> KEYS = Map.of("resilver.adapter.file.retain-log-bytes", "0");
    private static final int RANGE_BYTES = 1 << 20;
    private static final int BLOCK = 4 << 10;

    private final VolumeHosts hosts;
    private final String sha256;
    private Incarnation incarnation = new Incarnation("none");

    private RebuildHosts(VolumeHosts hosts, String sha256) {
        this.hosts = hosts;
        this.sha256 = sha256;
    }

    /**
     * Starts both. The source's store is given the file as a base, by its own engine and while nobody serves it: writing it
     * through the primary would take longer than all that is measured. The target does not serve, and its store is behind.
     */
    static RebuildHosts start(Workbench bench, Path directory, List<String> jvm, RandomFile content)
            throws DemoException, RecoveryException, IOException {
        return start(bench, directory, jvm, content, Map.of());
    }

    /**
     * The same with more of the configuration told.
     *
     * @param more keys and values for both hosts
     */
    static RebuildHosts start(
            Workbench bench, Path directory, List<String> jvm, RandomFile content, Map<String, String> more)
            throws DemoException, RecoveryException, IOException {
        bench.tell("installing %d MiB at the source", content.bytes() >> 20);
        Map<String, String> keys = new HashMap<>(KEYS);
        keys.putAll(more);
        VolumeHosts hosts = VolumeHosts.start(bench, directory, jvm, keys);
        RebuildHosts made = new RebuildHosts(hosts, content.sha256());
        try {
            hosts.write(1, BLOCK, BLOCK);
            hosts.targetLeaves();
            hosts.write(2, BLOCK, BLOCK); // so that it is behind, whatever it holds
            made.incarnation = new Incarnation(made.source()
                    .ask(verb("status"))
                    .text("incarnation")
                    .orElseThrow(() -> new DemoException("no incarnation")));
            hosts.leave(SOURCE);
            made.install(SOURCE, content);
            hosts.begin(SOURCE);
            Poll.until(() -> made.source().ask(verb("status")).flag("primary"), "the source leads again");
            made.onlyFullBase();
            return made;
        } catch (DemoException | RecoveryException | IOException e) {
            made.close();
            throw e;
        }
    }

    /** Gives a store that nobody serves the content of a file, as a base where its log ends. */
    private void install(String name, RandomFile content) throws RecoveryException, IOException {
        try (FileVolume volume = FileVolume.open(
                        new FileDisk(),
                        hosts.store(name),
                        VolumeOptions.DEFAULT,
                        new SecureRandom(),
                        Runnable::run,
                        new ReplicaId(new VolumeId(VolumeHosts.VOLUME), name),
                        incarnation);
                FileChannel file = FileChannel.open(content.path())) {
            ReplicaPosition at = volume.target().position();
            BaseDescriptor base = new BaseDescriptor(
                    at.flushedLsn(), at.lineage().orElse(Lineage.EMPTY), content.bytes(), RANGE_BYTES);
            try (StagedInstall install = volume.target().beginInstall(base)) {
                ByteBuffer range = ByteBuffer.allocate(RANGE_BYTES);
                for (long index = 0; index < base.ranges(); index++) {
                    range.clear().limit(base.rangeLength(index));
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
    private void onlyFullBase() throws DemoException {
        long checkpoint = source().ask(verb("checkpoint"))
                .number("lsn")
                .orElseThrow(() -> new DemoException("a checkpoint without an LSN"));
        Poll.until(
                () -> source().ask(verb("trim").put("lsn", checkpoint))
                        .number("tailLsn")
                        .equals(OptionalLong.of(checkpoint)),
                "the source's log is trimmed to LSN " + checkpoint);
        source().ask(verb("release-checkpoint"));
    }

    HostProcess source() {
        return hosts.host(SOURCE);
    }

    HostProcess target() {
        return hosts.host(TARGET);
    }

    /** Rebuilds the target, whose process does not serve, and answers what that took. */
    VolumeHosts.Recovered rebuild() throws DemoException {
        VolumeHosts.Recovered took = hosts.targetReturns();
        if (!took.outcome().equals("NEEDS_REBUILD")) {
            throw new DemoException("the target was to be rebuilt, and took " + took);
        }
        return took;
    }

    /** The target, which does not serve, gets a new process. */
    void newTarget() throws DemoException {
        hosts.killTarget();
    }

    /** Begins to rebuild the target, which does not serve, and kills it once so much was sent. */
    void killAt(long bytesSent) throws DemoException {
        hosts.targetIsKilledAt(bytesSent);
    }

    /** Whether the target's image, as its files have it, is the file. */
    boolean isRight() throws RecoveryException {
        return new StoreReader(new FileDisk(), hosts.store(TARGET))
                .sha256(OptionalLong.empty())
                .equals(sha256);
    }

    /** The target stops serving, and has no store any more. */
    void emptyTarget() throws DemoException, IOException {
        hosts.targetLeaves();
        deleteTarget();
    }

    /** The target, which does not serve, has no store any more. */
    void deleteTarget() throws IOException {
        delete(hosts.data(TARGET));
    }

    /**
     * The target's store gets another content, as if it had that and fell behind then. What it was before is put aside and comes
     * back with {@link #oldTarget}.
     */
    void giveTarget(RandomFile content, Path aside) throws RecoveryException, IOException {
        install(TARGET, content);
        Files.move(hosts.data(TARGET), aside);
    }

    /** The target, which does not serve and is empty, has what was put aside; forced, so that it is not written later. */
    void oldTarget(Path aside) throws IOException {
        try (Stream<Path> all = Files.walk(aside)) {
            for (Path each : all.toList()) {
                Path copy = hosts.data(TARGET).resolve(aside.relativize(each).toString());
                if (Files.isDirectory(each)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(each, copy);
                    try (FileChannel file = FileChannel.open(copy, StandardOpenOption.WRITE)) {
                        file.force(true);
                    }
                }
            }
        }
    }

    /** Bounds what the source sends, in bytes per second; 0 for no bound. */
    void throttle(long bytesPerSecond) throws DemoException {
        Message.Builder request = verb("throttle");
        source().ask(bytesPerSecond > 0 ? request.put("bytesPerSecond", bytesPerSecond) : request);
    }

    static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    @Override
    public void close() throws DemoException {
        hosts.close();
    }
}
