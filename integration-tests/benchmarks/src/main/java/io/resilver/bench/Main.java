package io.resilver.bench;

import io.resilver.bench.catchup.CatchUpBench;
import io.resilver.bench.foreground.Foreground;
import io.resilver.bench.hosts.WarmHostCommand;
import io.resilver.bench.ideal.IdealHostCommand;
import io.resilver.bench.many.ManyBench;
import io.resilver.bench.many.ManyHostCommand;
import io.resilver.bench.planning.PlanningBench;
import io.resilver.bench.ratis.RatisServerCommand;
import io.resilver.bench.rebuild.MemoryBench;
import io.resilver.bench.rebuild.RebuildBench;
import io.resilver.bench.rebuild.ResumeBench;
import io.resilver.bench.rebuild.UnchangedBench;
import io.resilver.bench.run.Bench;
import io.resilver.bench.run.BenchCommand;
import io.resilver.bench.takeover.LatchHostCommand;
import io.resilver.bench.takeover.TakeOverCommand;
import io.resilver.host.cli.Streams;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program {@code resilver bench}. */
@Command(
        name = "resilver",
        description = "Compares Resilver with what one would use without it.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
public final class Main {
    private static final List<Bench> BENCHES = List.of(
            CatchUpBench.blocks(),
            CatchUpBench.small(),
            new RebuildBench(),
            new UnchangedBench(),
            new ResumeBench(),
            new MemoryBench(),
            new PlanningBench(),
            new ManyBench(),
            new Foreground());

    private Main() {}

    /**
     * The comparisons.
     *
     * @return in the order in which all of them run
     */
    public static List<Bench> benches() {
        return BENCHES;
    }

    /** The group of all comparisons. */
    @Command(
            name = "bench",
            description = "Comparisons end to end: each prints its ratios, measured in one run on one machine.",
            synopsisSubcommandLabel = "COMPARISON",
            mixinStandardHelpOptions = true)
    static final class Comparisons {}

    /**
     * Runs a comparison and ends the process with its exit code.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        System.exit(run(new Streams(System.in, new FileOutputStream(FileDescriptor.out), System.err), args));
    }

    /**
     * Runs a comparison.
     *
     * @param streams what it reads and writes; they are flushed and stay open
     * @param args the command and its options
     * @return 0 when done, 1 when it failed, 2 for wrong usage
     */
    public static int run(Streams streams, String... args) {
        PrintWriter out = new PrintWriter(new OutputStreamWriter(streams.out(), StandardCharsets.UTF_8));
        CommandLine bench = new CommandLine(new Comparisons())
                .addSubcommand(new TakeOverCommand(streams))
                .addSubcommand(new LatchHostCommand(streams))
                .addSubcommand(new IdealHostCommand(streams))
                .addSubcommand(new WarmHostCommand(streams))
                .addSubcommand(new RatisServerCommand(streams))
                .addSubcommand(new ManyHostCommand(streams));
        BenchCommand.add(bench, streams, BENCHES);
        int code = new CommandLine(new Main())
                .addSubcommand(bench)
                .setOut(out)
                .setErr(new PrintWriter(streams.err(), true, StandardCharsets.UTF_8))
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    streams.err().println("resilver bench: " + failure);
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(args);
        out.flush();
        return code;
    }
}
