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
            defaultValue = "5",
            description = "How often each side is measured; the median counts. Default: 5.")
    int runs;

    @Option(names = "--smoke", description = "Runs small and once, to see that it works: its figures say nothing.")
    boolean smoke;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description =
                    "On which disk it runs: a directory of its own is made there. Default: the one for temporary files.")
    Optional<Path> directory = Optional.empty();

    int runsWanted() {
        return smoke ? 1 : runs;
    }
}
