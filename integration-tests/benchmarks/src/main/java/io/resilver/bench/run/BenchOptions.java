package io.resilver.bench.run;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options of every comparison. */
final class BenchOptions {
    /** Enough for a median that one bad round does not move. */
    private static final int MOST_ROUNDS = 5;

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
            description =
                    "How often each side is measured; the median counts. Default: 5, or fewer where a comparison would"
                            + " take too long for all of them to end within 40 minutes.")
    Optional<Integer> runs = Optional.empty();

    @Option(names = "--smoke", description = "Runs small and once, to see that it works: its figures say nothing.")
    boolean smoke;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description =
                    "On which disk it runs: a directory of its own is made there. Default: the one for temporary files.")
    Optional<Path> directory = Optional.empty();

    Rounds rounds(Bench bench) {
        Optional<Integer> exactly = smoke ? Optional.of(1) : runs;
        return exactly.map(Rounds::exactly).orElseGet(() -> Rounds.within(MOST_ROUNDS, bench.time(), System::nanoTime));
    }
}
