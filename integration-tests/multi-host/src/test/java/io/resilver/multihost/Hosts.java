package io.resilver.multihost;

import static io.resilver.host.cli.demo.HostProcess.verb;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import io.resilver.host.disk.FileDisk;
import io.resilver.host.volume.StoreReader;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.VolumeId;
import io.resilver.transport.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/**
 * Three hosts of one volume, each a process of the packaged jar, and a real ZooKeeper. What the stores tell of tokens that
 * they accept is kept of every process that ever ran.
 */
final class Hosts implements AutoCloseable {
    static final List<String> NAMES = List.of("a", "b", "c");
    static final Duration SESSION = Duration.ofSeconds(2);
    static final Duration SILENCE = Duration.ofMillis(1_500);
    static final Duration PATIENCE = Duration.ofMinutes(2);
    static final Duration TICK = Duration.ofMillis(500);
    static final VolumeId VOLUME = new VolumeId("v");

    private final Path directory;
    private final Map<String, HostProcess> running = new TreeMap<>();
    private final Map<String, Integer> ports = new TreeMap<>();
    private final Map<String, FaultProxy> toHost = new TreeMap<>();
    private final Map<String, FaultProxy> toZooKeeper = new TreeMap<>();
    private final List<HostProcess> started = new ArrayList<>();
    private final Optional<EmbeddedZooKeeper> zookeeper;
    private final String connectString;
    private final Map<String, String> more;

    /** Hosts with a ZooKeeper of their own, in this process. */
    Hosts(Path directory) throws Exception {
        this(directory, Map.of());
    }

    private Hosts(Path directory, Map<String, String> more) throws Exception {
        this(
                directory,
                Optional.of(EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                        directory.resolve("zookeeper"), OptionalInt.empty(), TICK, Duration.ofSeconds(40)))),
                "",
                more);
    }

    private Hosts(
            Path directory, Optional<EmbeddedZooKeeper> zookeeper, String connectString, Map<String, String> more) {
        this.directory = directory;
        this.zookeeper = zookeeper;
        this.connectString = zookeeper.map(EmbeddedZooKeeper::connectString).orElse(connectString);
        this.more = more;
    }

    /**
     * Hosts of an ensemble that others start and end.
     *
     * @param more keys of the hosts' configuration, in the place of those that they have otherwise
     */
    static Hosts of(Ensemble ensemble, Path directory, Map<String, String> more) {
        return new Hosts(directory, Optional.empty(), ensemble.connectString(), more);
    }

    /** The same, with a proxy before each host, and one between each host and ZooKeeper. */
    static Hosts withProxies(Path directory) throws Exception {
        return withProxies(directory, Map.of());
    }

    static Hosts withProxies(Path directory, Map<String, String> more) throws Exception {
        Hosts made = new Hosts(directory, more);
        for (String name : NAMES) {
            made.ports.put(name, FreePorts.next());
            made.toHost.put(name, new FaultProxy(made.ports.get(name)));
            made.toZooKeeper.put(name, new FaultProxy(FaultProxy.port(made.connectString)));
        }
        return made;
    }

    /** What stands before a host, for those who connect to it. */
    FaultProxy before(String name) {
        return toHost.get(name);
    }

    /** What stands between a host and ZooKeeper. */
    FaultProxy beforeZooKeeper(String name) {
        return toZooKeeper.get(name);
    }

    String connectString() {
        return connectString;
    }

    /** Starts all three on a new volume; answers the first once it leads, with all in sync. */
    HostProcess startAll() throws Exception {
        HostProcess first = start("a", "--create-volume");
        for (HostProcess each : List.of(launch("b"), launch("c"))) {
            serving(each);
        }
        leader(0, "a");
        joined(first, "a,b,c");
        return first;
    }

    /** Starts a host and waits until it serves its replica. */
    HostProcess start(String name, String... options) throws Exception {
        return serving(launch(name, options));
    }

    private HostProcess serving(HostProcess host) throws DemoException, IOException {
        try {
            host.await(0, "Serving", any -> true, PATIENCE);
            return host;
        } catch (DemoException ended) {
            throw new DemoException(ended.getMessage() + "; it logged: " + log(host.name()), ended);
        }
    }

    private HostProcess launch(String name, String... options) throws Exception {
        Path config = directory.resolve(name + ".properties");
        Files.writeString(config, configuration(name));
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
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
        started.add(host);
        return host;
    }

    private String configuration(String name) {
        Map<String, String> keys = new TreeMap<>();
        if (toHost.containsKey(name)) {
            keys.put("resilver.transport.port", ports.get(name).toString());
            keys.put("resilver.transport.advertise", toHost.get(name).address());
        }
        String connect = toZooKeeper.containsKey(name) ? toZooKeeper.get(name).address() : connectString;
        keys.putAll(Map.of(
                "host.id",
                name,
                "host.data",
                directory.resolve("host-" + name).toString(),
                "host.volume",
                VOLUME.value(),
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
        keys.put("resilver.coordination.connect-timeout-ms", Long.toString(PATIENCE.toMillis())); // on a busy machine
        keys.putAll(more);
        StringBuilder lines = new StringBuilder();
        keys.forEach((key, value) -> lines.append(key).append('=').append(value).append('\n'));
        return lines.toString();
    }

    /**
     * Stops a process as SIGSTOP does, and waits until it stands: the signal has been sent long before the last thread of
     * a busy process has seen it, and until then that thread hears, decides and answers.
     */
    static void pause(HostProcess host) throws DemoException {
        host.signal("STOP");
        await().atMost(PATIENCE).until(() -> stands(Path.of("/proc", Long.toString(host.pid()), "task")));
    }

    /** Whether every thread is stopped, as Linux says it: the letter after the name, which is in brackets. */
    private static boolean stands(Path tasks) throws IOException {
        try (Stream<Path> threads = Files.list(tasks)) {
            for (Path thread : threads.toList()) {
                String stat = Files.readString(thread.resolve("stat"));
                if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
                    return false;
                }
            }
            return true;
        } catch (NoSuchFileException e) {
            return false; // a thread that ended while it was looked at: the process runs
        }
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

    /**
     * A client's view of all hosts: what the one asked last refuses or does not answer is asked again, of whoever leads then.
     * For one thread.
     */
    Ledger.Server whoeverLeads(HostProcess first) {
        AtomicReference<HostProcess> primary = new AtomicReference<>(first);
        return request -> await().atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .ignoreExceptionsInstanceOf(DemoException.class)
                .until(
                        () -> {
                            try {
                                return primary.get().ask(request);
                            } catch (DemoException notNow) {
                                primary.set(leader(0, NAMES.toArray(String[]::new)));
                                throw notNow;
                            }
                        },
                        any -> true);
    }

    /** Waits until these replicas are the in-sync set. */
    void joined(HostProcess primary, String names) {
        await().atMost(PATIENCE)
                .until(() -> primary.ask(verb("status")).text("inSync").equals(Optional.of(names)));
    }

    /** All that was acknowledged can be read, at once (R37). */
    void intact(HostProcess primary, Ledger ledger) throws Exception {
        assertThat(ledger.wrong(primary::ask))
                .as("blocks of %s that are lost", ledger.acknowledged())
                .isEmpty();
    }

    /**
     * Whoever leads serves all that was acknowledged, and so do all replicas in the end; one at a time has changed each store
     * (R2, R30).
     */
    void nothingIsLost(HostProcess primary, Ledger ledger) throws Exception {
        intact(primary, ledger);
        joined(primary, "a,b,c");
        ledger.writeOne(primary::ask);
        sameImages(primary);
        intact(primary, ledger);
        oneWriterAtATime();
    }

    /** All replicas have the primary's image at what is committed. */
    void sameImages(HostProcess primary) throws DemoException {
        long committed = primary.ask(verb("status")).number("committedLsn").orElseThrow();
        String image = image(primary.name(), committed);
        for (String name : NAMES) {
            assertThat(image(name, committed)).as("image of " + name).isEqualTo(image);
        }
    }

    /** By what the stores told since their hosts were started first, none of it lost, and by what is in their logs. */
    void oneWriterAtATime() throws IOException {
        for (String name : NAMES) {
            assertThat(log(name)).as("what host " + name + " logged").doesNotContain("lost an event");
            assertThat(WriterHistory.objections(name, entries(name))).isEmpty();
        }
        List<WriterHistory.Accepted> accepted = accepted();
        assertThat(accepted).extracting(WriterHistory.Accepted::store).contains("a", "b", "c");
        assertThat(WriterHistory.objections(accepted)).isEmpty();
        assertThat(started.stream()
                        .flatMap(host -> host.events(0, "PrimaryTookOver").stream())
                        .map(event -> event.number("epoch")))
                .as("epochs that hosts took over with")
                .doesNotHaveDuplicates();
    }

    static long epoch(HostProcess primary) throws DemoException {
        return primary.ask(verb("status")).number("epoch").orElse(0);
    }

    /** What the stores of all hosts told of the tokens that they accepted, each in its order. */
    private List<WriterHistory.Accepted> accepted() {
        return started.stream()
                .flatMap(host -> host.events(0, "TokenAccepted").stream().map(WriterHistory.Accepted::of))
                .toList();
    }

    private StoreReader reader(String name) {
        return new StoreReader(
                new FileDisk(),
                directory
                        .resolve("host-" + name)
                        .resolve("adapter-file")
                        .resolve(VOLUME.value())
                        .resolve(name));
    }

    /** What a replica's log holds, from its files alone. */
    private List<EntryId> entries(String name) {
        return await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(RetriableException.class) // it changes all the time
                .until(reader(name)::entries, any -> !any.isEmpty());
    }

    /** The SHA-256 of a replica's image at what is committed, from its files alone. */
    String image(String name, long committedLsn) {
        StoreReader reader = reader(name);
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
            each.kill(); // one that is stopped, too
        }
        for (Map<String, FaultProxy> each : List.of(toHost, toZooKeeper)) {
            for (FaultProxy proxy : each.values()) {
                proxy.close();
            }
        }
        zookeeper.ifPresent(EmbeddedZooKeeper::close);
    }
}
