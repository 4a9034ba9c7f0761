package io.resilver.bench.run;

import io.resilver.bench.process.Children;
import io.resilver.bench.process.EndedEarly;
import io.resilver.bench.report.BenchReport;
import io.resilver.host.cli.Streams;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs comparisons one after the other and prints what each found, a document or a table each. */
@Command(
        footer = {"", "Exit code: 0 measured and right, 1 it could not go on or made something wrong, 2 wrong usage."},
        mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
    private static final int MOST_RUNS = 100;
    private static final int LOG_LINES_SHOWN = 20;

    /** What a file system needs besides the files, and what logs take. */
    private static final long SPARE_BYTES = 256L << 20;

    private final Streams streams;
    private final List<Bench> benches;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before the call
    private CommandSpec spec;

    @Mixin
    private final BenchOptions options = new BenchOptions();

    private BenchCommand(Streams streams, List<Bench> benches) {
        this.streams = streams;
        this.benches = List.copyOf(benches);
    }

    /**
     * A command for each comparison, and one for all of them.
     *
     * @param bench gets the commands
     * @param streams what they write
     * @param all the comparisons, in the order in which all of them run
     */
    public static void add(CommandLine bench, Streams streams, List<Bench> all) {
        for (Bench each : all) {
            add(bench, each.name(), each.work(), new BenchCommand(streams, List.of(each)));
        }
        add(bench, "all", "All of them but takeover, one after the other.", new BenchCommand(streams, all));
    }

    private static void add(CommandLine bench, String name, String work, BenchCommand command) {
        CommandLine line = new CommandLine(command);
        line.getCommandSpec().name(name).usageMessage().description(work);
        bench.addSubcommand(name, line);
    }

    @Override
    public Integer call() throws IOException {
        if (options.runs.filter(asked -> asked < 1 || asked > MOST_RUNS).isPresent()) {
            throw new ParameterException(
                    spec.commandLine(), "--runs is " + options.runs.get() + ", not 1 to " + MOST_RUNS);
        }
        Path on = options.directory.orElse(Path.of(System.getProperty("java.io.tmpdir", "")));
        if (!Files.isDirectory(on)) {
            throw new ParameterException(spec.commandLine(), "--directory is '" + on + "', which is no directory");
        }
        if (!roomFor(on)) {
            return CommandLine.ExitCode.SOFTWARE;
        }
        int code = CommandLine.ExitCode.OK;
        for (Bench each : benches) {
            code = Math.max(code, run(each, on));
        }
        return code;
    }

    /** Asked before the first one begins: each leaves the disk as it found it, so that the greatest counts. */
    private boolean roomFor(Path on) throws IOException {
        long needed = SPARE_BYTES
                + benches.stream()
                        .mapToLong(each -> each.diskBytes(options.smoke))
                        .max()
                        .orElse(0);
        FileStore disk = Files.getFileStore(on);
        if (disk.getUsableSpace() < needed) {
            streams.err()
                    .println("resilver bench " + spec.name() + ": it needs " + (needed >> 20) + " MiB, and " + on
                            + " has " + (disk.getUsableSpace() >> 20)
                            + ": make room, or name a directory on another disk with --directory");
            return false;
        }
        return true;
    }

    private int run(Bench bench, Path on) throws IOException {
        Path directory = Files.createTempDirectory(on, "resilver-bench-");
        Children children = new Children();
        EndedEarly early = new EndedEarly(children);
        try {
            BenchReport report = bench.measure(new Workbench(
                    bench.name(), directory, children, options.rounds(bench), options.smoke, streams.err()));
            if (options.output == BenchOptions.Output.json) {
                report.json(streams.out());
            } else {
                report.table(streams.out());
            }
            streams.out().flush();
            return report.verified() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (DemoException | RecoveryException | IOException e) {
            lastWords(directory).forEach(streams.err()::println);
            streams.err().println("resilver bench " + bench.name() + ": " + e);
            return CommandLine.ExitCode.SOFTWARE;
        } finally {
            try {
                children.end();
            } catch (DemoException notGone) {
                streams.err().println("resilver bench " + bench.name() + ": " + notGone.getMessage());
            }
            delete(directory);
            early.close();
        }
    }

    /** What the processes logged last, for a person who wants to know why it could not go on. */
    static List<String> lastWords(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            List<Path> logs = all.filter(each -> each.toString().endsWith(".log") && Files.isRegularFile(each))
                    .toList();
            return logs.stream().flatMap(BenchCommand::end).toList();
        }
    }

    private static Stream<String> end(Path log) {
        try {
            List<String> lines = Files.readAllLines(log);
            return lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()).stream();
        } catch (IOException unreadable) {
            return Stream.of(log + " cannot be read: " + unreadable);
        }
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
