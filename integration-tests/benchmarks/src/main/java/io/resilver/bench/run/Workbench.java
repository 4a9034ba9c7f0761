package io.resilver.bench.run;

import io.resilver.bench.process.Children;
import io.resilver.bench.report.BenchReport;
import io.resilver.bench.report.Machine;
import io.resilver.bench.report.Row;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What a comparison is given.
 *
 * @param name the comparison's name
 * @param directory its own and empty; deleted with all in it when it is over
 * @param children starts its processes
 * @param rounds how often each side is measured
 * @param smoke whether it is to be small: its correctness is what matters then, not its figures
 * @param progress for people
 */
public record Workbench(
        String name, Path directory, Children children, Rounds rounds, boolean smoke, PrintStream progress) {
    /**
     * Chooses a size.
     *
     * @param whole what is measured
     * @param small what is tried in a smoke run
     * @return one of them
     */
    public long sized(long whole, long small) {
        return smoke ? small : whole;
    }

    /**
     * Tells a person how far it is.
     *
     * @param format a line as of {@link String#format}
     * @param arguments its arguments
     */
    public void tell(String format, Object... arguments) {
        progress.println(name + ": " + String.format(Locale.ROOT, format, arguments));
    }

    /**
     * What was found here.
     *
     * @param settings what a reader must know to judge it
     * @param rows a row for each comparison
     * @return the report
     */
    public BenchReport report(List<String> settings, List<Row> rows) {
        return new BenchReport(name, Machine.describe(), settings, rows);
    }
}
