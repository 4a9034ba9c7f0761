package io.resilver.bench.run;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options of every comparison. */
final class BenchOptions {
    /** How the result is printed. */
    enum Output {
        /** For people. */
        table,
        /** For programs. */
        json
    }

    @Option(names = "--output", paramLabel = "table|json", description = "How the result is printed. Default: table.")
    Output output = Output.table;

    @Option(
            names = "--runs",
            description = "How often each side is measured; the median counts. Default: what each comparison takes for"
                    + " enough, 5, or less for the long ones.")
    Optional<Integer> runs = Optional.empty();

    @Option(names = "--smoke", description = "Runs small and once, to see that it works: its figures say nothing.")
    boolean smoke;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description =
                    "On which disk it runs: a directory of its own is made there. Default: the one for temporary files.")
    Optional<Path> directory = Optional.empty();

    int runsWanted(Bench bench) {
        return smoke ? 1 : runs.orElseGet(bench::runs);
    }
}
