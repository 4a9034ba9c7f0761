package io.resilver.simulation.cli;

import io.resilver.simulation.Outcome;
import io.resilver.simulation.Scene;
import io.resilver.simulation.Simulation;
import io.resilver.simulation.guard.Guard;
import io.resilver.simulation.guard.Guards;
import io.resilver.simulation.host.Liberties;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs whole hosts under seeds, and says what is not as it must be. */
@Command(
        name = "simulate",
        description =
                "Runs whole hosts over a modelled clock, network, disk and coordination service, seed by seed. The"
                        + " same seed gives the same run, step by step, on any machine.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:no violation", "1:a violation, with its seed and a trace", "2:wrong usage"})
public final class SimulateCommand implements Callable<Integer> {
    private static final int MOST_VIOLATIONS = 20;
    private static final long PROGRESS_NANOS = 5_000_000_000L;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(names = "--seed", description = "The first seed; without it a fresh one, which is printed.")
    private Optional<Long> seed = Optional.empty();

    @Option(names = "--seeds", description = "How many seeds, one after the other (default: ${DEFAULT-VALUE}).")
    private long seeds = 100;

    @Option(names = "--hosts", description = "Machines, 2 to 5 (default: 3, or what a guard needs).")
    private Optional<Integer> hosts = Optional.empty();

    @Option(names = "--replicas", description = "Replicas of each volume (default: as many as hosts, 3 at most).")
    private Optional<Integer> replicas = Optional.empty();

    @Option(names = "--volumes", description = "Volumes (default: 2, or what a guard needs).")
    private Optional<Integer> volumes = Optional.empty();

    @Option(
            names = "--steps",
            description = "After so many steps of a seed nothing goes wrong any more, and everything must come back"
                    + " (default: 10000, or what a guard needs).")
    private Optional<Long> steps = Optional.empty();

    @Option(
            names = "--without",
            description = "A guard that is taken away, by its name, with the faults that make it matter.")
    private Optional<String> without = Optional.empty();

    @Option(names = "--faults-of", description = "The faults that make a guard matter, by its name.")
    private Optional<String> faultsOf = Optional.empty();

    @Option(names = "--list-guards", description = "Names the guards, and what each does.")
    private boolean listGuards;

    @Option(names = "--output", description = "table or json (default: ${DEFAULT-VALUE}).")
    private Output output = Output.table;

    /** How the report looks. */
    enum Output {
        /** For people. */
        table,
        /** For programs. */
        json
    }

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (listGuards) {
            for (Guard each : Guards.list()) {
                out.printf(
                        Locale.ROOT,
                        "%-24s %-4s %s; faults: %s; without it: %s%n",
                        each.name(),
                        each.rule(),
                        each.does(),
                        each.scene().mix().name(),
                        each.objection());
            }
            return CommandLine.ExitCode.OK;
        }
        Scene scene = scene();
        long first = seed.orElseGet(() -> (long) new SecureRandom().nextInt(Integer.MAX_VALUE));
        spec.commandLine().getErr().println("seeds from " + first + " on");
        Report report = run(scene, first);
        if (output == Output.json) {
            out.println(report.json());
        } else {
            report.print(out);
        }
        return report.violations().isEmpty() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private Scene scene() {
        Scene base =
                faultsOf.or(() -> without).map(this::guard).map(Guard::scene).orElseGet(Scene::standard);
        Supplier<Liberties> liberties =
                without.map(this::guard).map(Guard::without).orElse(() -> Liberties.NONE);
        if (seeds < 1) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--seeds must be 1 or more, not " + seeds);
        }
        try {
            return new Scene(
                    hosts.orElse(base.hosts()),
                    replicas.orElse(hosts.map(each -> Math.min(each, 3)).orElse(base.replicas())),
                    volumes.orElse(base.volumes()),
                    steps.orElse(base.steps()),
                    base.mix(),
                    liberties,
                    Set.of());
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private Guard guard(String name) {
        return Guards.named(name)
                .orElseThrow(() -> new CommandLine.ParameterException(
                        spec.commandLine(), "there is no guard '" + name + "': --list-guards names them"));
    }

    private Report run(Scene scene, long first) {
        Report report = new Report();
        long began = System.nanoTime();
        long shown = began;
        for (long each = first; each < first + seeds && report.violations().size() < MOST_VIOLATIONS; each++) {
            Outcome outcome = Simulation.run(each, scene, false);
            report.add(outcome);
            report.took(System.nanoTime() - began);
            if (outcome.objection().isPresent()) {
                report.add(Violation.of(scene, outcome));
            }
            if (System.nanoTime() - shown > PROGRESS_NANOS) {
                shown = System.nanoTime();
                spec.commandLine().getErr().printf(Locale.ROOT, "%d of %d seeds%n", each - first + 1, seeds);
            }
        }
        return report;
    }
}
