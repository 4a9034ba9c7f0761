package io.resilver.bench.takeover;

import io.resilver.bench.process.Children;
import io.resilver.bench.process.EndedEarly;
import io.resilver.bench.report.Samples;
import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.host.cli.Streams;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How long a volume is without its primary, next to Curator's leader latch. */
@Command(
        name = "takeover",
        description = {
            "Ends the primary of a volume in four ways, and the holder of Curator's leader latch too, on one ZooKeeper, and"
                    + " prints how long each was without its leader.",
            "A host leads once its epoch is minted and promised; what it then acknowledges first waits for one read lease."
        },
        footer = {"", "Exit code: 0 measured, 1 it could not go on, 2 wrong usage."},
        mixinStandardHelpOptions = true)
public final class TakeOverCommand implements Callable<Integer> {
    private static final int LEAST_SESSION_MS = 2_000;
    private static final int GREATEST_SESSION_MS = 60_000;
    private static final int MOST_RUNS = 1_000;
    private static final int LOG_LINES_SHOWN = 20;
    private static final Duration START_PATIENCE = Duration.ofSeconds(40);

    /** How the result is printed. */
    enum Output {
        /** For people. */
        table,
        /** For programs. */
        json
    }

    private final Streams streams;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before the call
    private CommandSpec spec;

    @Option(names = "--runs", defaultValue = "10", description = "How often each case is measured. Default: 10.")
    private int runs;

    @Option(
            names = "--session-timeout-ms",
            defaultValue = "4000",
            description = "ZooKeeper's session timeout, for both. Default: 4000.")
    private int sessionTimeoutMs;

    @Option(names = "--output", paramLabel = "table|json", description = "How the result is printed. Default: table.")
    private Output output = Output.table;

    /**
     * The command over some streams.
     *
     * @param streams what it writes
     */
    public TakeOverCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        within("--runs", runs, 1, MOST_RUNS);
        within("--session-timeout-ms", sessionTimeoutMs, LEAST_SESSION_MS, GREATEST_SESSION_MS);
        Children children = new Children();
        EndedEarly early = new EndedEarly(children);
        try {
            return compare(children);
        } finally {
            early.close();
        }
    }

    private int compare(Children children) throws IOException {
        Path directory = Files.createTempDirectory("resilver-bench-");
        Times times = Times.of(Duration.ofMillis(sessionTimeoutMs));
        try (EmbeddedZooKeeper zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                directory.resolve("zookeeper"), OptionalInt.empty(), times.tick(), START_PATIENCE))) {
            TakeOverReport report = measure(children, directory, zookeeper.connectString(), times);
            if (output == Output.json) {
                report.json(streams.out());
            } else {
                report.table(streams.out());
            }
            return CommandLine.ExitCode.OK;
        } catch (DemoException | RecoveryException e) {
            lastWords(directory).forEach(streams.err()::println);
            streams.err().println("resilver bench takeover: " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        } finally {
            delete(directory);
        }
    }

    private void within(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(), option + " is " + value + ", not " + least + " to " + most);
        }
    }

    private TakeOverReport measure(Children children, Path directory, String connect, Times times)
            throws DemoException, IOException {
        Map<Ending, Samples> ours = new EnumMap<>(Ending.class);
        RecoveryCost recovery;
        Path impatient = Files.createDirectory(directory.resolve("impatient"));
        try (HostPair hosts = new HostPair(children, impatient, connect, times, times.silence())) {
            hosts.start();
            recovery =
                    RecoveryCost.measure(hosts, connect, impatient.getFileName().toString(), runs);
            for (Ending each : List.of(Ending.GRACEFUL, Ending.CRASH, Ending.SILENT)) {
                ours.put(each, samples(hosts, each, "resilver"));
            }
        }
        Path patient = Files.createDirectory(directory.resolve("patient"));
        try (HostPair hosts = new HostPair(children, patient, connect, times, times.endless())) {
            hosts.start();
            ours.put(Ending.ZOOKEEPER_ONLY, samples(hosts, Ending.ZOOKEEPER_ONLY, "resilver"));
        }
        List<TakeOverReport.Row> rows = new ArrayList<>();
        try (LatchPair latches = new LatchPair(children, directory, connect, times)) {
            latches.start();
            for (Map.Entry<Ending, Samples> each : ours.entrySet()) {
                rows.add(new TakeOverReport.Row(
                        each.getKey(), each.getValue(), samples(latches, each.getKey(), "leader latch")));
            }
        }
        return new TakeOverReport(times.session(), rows, recovery);
    }

    private Samples samples(Pair pair, Ending ending, String who) throws DemoException {
        PrintStream err = streams.err();
        List<Double> seconds = new ArrayList<>();
        for (int run = 1; run <= runs; run++) {
            double took = pair.run(ending);
            seconds.add(took);
            err.printf("takeover: %s, %s, run %d of %d: %.3f s%n", who, ending.text(), run, runs, took);
        }
        return new Samples(seconds);
    }

    /** What the processes logged last, for a person who wants to know why it could not go on. */
    private static List<String> lastWords(Path directory) throws IOException {
        List<String> words = new ArrayList<>();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path log : all.filter(each -> each.toString().endsWith(".log")).toList()) {
                List<String> lines = Files.readAllLines(log);
                words.addAll(lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
            }
        }
        return words;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
