package io.resilver.simulation;

import io.resilver.simulation.cli.SimulateCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program {@code resilver simulate}. */
@Command(
        name = "resilver",
        description = "Runs whole hosts in a simulated world.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
public final class Main {
    private Main() {}

    /**
     * Runs the command and ends the process with its exit code.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        System.exit(run(
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                args));
    }

    /**
     * Runs the command.
     *
     * @param out where its answer goes
     * @param err where everything else goes
     * @param args the command and its options
     * @return 0 without a violation, 1 with one, 2 for wrong usage
     */
    public static int run(PrintWriter out, PrintWriter err, String... args) {
        return new CommandLine(new Main())
                .addSubcommand(new SimulateCommand())
                .setOut(out)
                .setErr(err)
                .execute(args);
    }
}
