package io.resilver.bench.foreground;

import static io.resilver.host.cli.demo.HostProcess.verb;

import io.resilver.bench.process.Children;
import io.resilver.bench.process.JavaProgram;
import io.resilver.bench.process.Poll;
import io.resilver.host.cli.Main;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A volume of three hosts: the primary, a member in sync, so that a write waits for another disk as it does in service, and one
 * that is left behind by stopping its process, and recovers when it goes on. Its JVM is warm then, so that what a writer feels
 * is the recovery. Not thread safe.
 */
final class Trio implements AutoCloseable {
    private static final String VOLUME = "bench";
    private static final String PRIMARY = "x";
    private static final String LATE = "z";
    private static final List<String> NAMES = List.of(PRIMARY, "y", LATE);

    /** A JVM starts, opens a session and recovers: seconds, on a busy machine more. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Children children;
    private final Path directory;
    private final String connect;
    private final Map<String, String> more;
    private final Map<String, HostProcess> running = new HashMap<>();
    private long seed;

    Trio(Children children, Path directory, String connect, Map<String, String> more) {
        this.children = children;
        this.directory = directory;
        this.connect = connect;
        this.more = more;
    }

    void start() throws DemoException {
        for (String name : NAMES) {
            launch(name).await(0, "Serving", any -> true, PATIENCE);
            if (name.equals(PRIMARY)) {
                primary().await(0, "PrimaryTookOver", any -> true, PATIENCE);
            }
        }
        awaitInSync();
    }

    private HostProcess launch(String name) throws DemoException {
        try {
            Path config = directory.resolve(name + ".properties");
            Files.writeString(config, configuration(name));
            List<String> program = new ArrayList<>(List.of("serve", "--config", config.toString()));
            if (name.equals(PRIMARY)) {
                program.add("--create-volume");
            }
            Path log = directory.resolve(name + ".log");
            HostProcess host = children.start(
                    name,
                    new ProcessBuilder(
                                    JavaProgram.command(List.of("-XX:+UseSerialGC", "-Xmx512m"), Main.class, program))
                            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())));
            running.put(name, host);
            return host;
        } catch (IOException e) {
            throw new DemoException("host " + name + " could not be started: " + e.getMessage(), e);
        }
    }

    private String configuration(String name) {
        Map<String, String> keys = new HashMap<>(Map.of(
                "host.id",
                name,
                "host.data",
                data(name).toString(),
                "host.volume",
                VOLUME,
                "host.replicas",
                String.join(",", NAMES),
                "resilver.coordination.connect",
                connect,
                "resilver.coordination.namespace",
                directory.getFileName().toString(),
                // Nobody is to take over on a busy machine: that would be another comparison.
                "resilver.coordination.session-timeout-ms",
                "20000",
                "resilver.coordination.silence-ms",
                "20000",
                // A process that was stopped is cut off soon: else keep-up goes on where it was, and nothing recovers.
                "resilver.transport.idle-timeout-ms",
                "2000",
                "resilver.policy.host.longest-back-off-ms",
                "200"));
        keys.putAll(more);
        return keys.entrySet().stream()
                .map(each -> each.getKey() + "=" + each.getValue().replace("\\", "\\\\") + "\n")
                .collect(Collectors.joining());
    }

    private Path data(String name) {
        return directory.resolve("host-" + name);
    }

    HostProcess primary() {
        return host(PRIMARY);
    }

    private HostProcess host(String name) {
        HostProcess found = running.get(name);
        if (found == null) {
            throw new IllegalStateException("host " + name + " was not started");
        }
        return found;
    }

    void awaitInSync() throws DemoException {
        Poll.until(
                () -> primary().ask(verb("status")).text("inSync").equals(Optional.of(String.join(",", NAMES))),
                "all replicas are in sync");
    }

    /** Stops the late one, and waits until the others go on without it. */
    void leaveBehind() throws DemoException {
        int mark = primary().mark();
        host(LATE).signal("STOP");
        write(0, 4_096, 4_096);
        primary().await(mark, "ReplicaLeft", Trio::ofTheLate, PATIENCE);
        primary().await(mark, "RecoveryFailed", Trio::ofTheLate, PATIENCE); // its stream is gone
    }

    /** Lets it go on, and waits until its recovery begins; answers from where events are to be awaited. */
    int letRecover(String outcome) throws DemoException {
        int mark = primary().mark();
        host(LATE).signal("CONT");
        primary()
                .await(
                        mark,
                        "RecoveryStarted",
                        each -> ofTheLate(each) && each.text("outcome").equals(Optional.of(outcome)),
                        PATIENCE);
        return mark;
    }

    /** Waits for the recovery's end, and answers its report. */
    Message awaitRecovered(int mark, String outcome) throws DemoException {
        return primary()
                .await(
                        mark,
                        "RecoveryCompleted",
                        each -> ofTheLate(each) && each.text("outcome").equals(Optional.of(outcome)),
                        PATIENCE);
    }

    private static boolean ofTheLate(Message event) {
        return event.text("replica").equals(Optional.of(LATE));
    }

    /** Writes a stretch as fast as it goes, never what was there, and waits until it is committed. */
    void write(long from, long to, int block) throws DemoException {
        primary()
                .ask(verb("write-pattern")
                        .put("seed", ++seed)
                        .put("from", from)
                        .put("to", to)
                        .put("at", from)
                        .put("block", block));
    }

    /** Lets go of the log, so that one who is behind needs the whole image. */
    void trim() throws DemoException {
        Message made = primary().ask(verb("checkpoint"));
        primary().ask(verb("trim").put("lsn", made.number("lsn").orElseThrow()));
    }

    void throttle(OptionalLong bytesPerSecond) throws DemoException {
        primary().ask(verb("throttle").put("bytesPerSecond", bytesPerSecond));
    }

    /** Whether the three images, as they are in their files, hold the same at what is committed now. */
    boolean sameImages() throws DemoException {
        awaitInSync();
        long committed = primary().ask(verb("status")).number("committedLsn").orElseThrow();
        Set<String> digests = new HashSet<>();
        for (String name : NAMES) {
            Poll.until(() -> image(name, committed, digests), "the image of " + name + " is at LSN " + committed);
        }
        return digests.size() == 1;
    }

    private boolean image(String name, long committed, Set<String> digests) {
        Path store = data(name).resolve("adapter-file").resolve(VOLUME).resolve(name);
        try {
            digests.add(new StoreReader(new FileDisk(), store).sha256(OptionalLong.of(committed)));
            return true;
        } catch (RecoveryException notThereYet) {
            return false;
        }
    }

    @Override
    public void close() throws DemoException {
        for (HostProcess each : running.values()) {
            children.kill(each);
        }
    }
}
