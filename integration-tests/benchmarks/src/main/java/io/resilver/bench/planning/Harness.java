package io.resilver.bench.planning;

import io.resilver.bench.report.Samples;
import io.resilver.bench.run.Workbench;
import io.resilver.host.cli.demo.DemoException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the measurements under JMH: each run takes all of them in turn, each in a JVM of its own, so that a slow minute of the
 * machine falls on all. What JMH prints goes to a log in the comparison's directory.
 */
final class Harness {
    static final String JVM_OPTIONS = "-Xms1g -Xmx1g";
    static final int ITERATIONS = 5;
    static final long ITERATION_MILLIS = 500;

    private static final long SMOKE_MILLIS = 50;
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    private final Map<String, List<Double>> times = new LinkedHashMap<>();
    private final Map<String, List<Double>> allocated = new LinkedHashMap<>();

    private Harness() {}

    /**
     * Measures everything.
     *
     * @throws DemoException when an operation did not do what it is to do, or something was leaked
     */
    static Harness run(Workbench bench) throws DemoException {
        System.setProperty("jmh.ignoreLock", "true"); // it would fail beside any other JMH of this machine
        Harness measured = new Harness();
        for (int run = 1; bench.rounds().goesOn(run - 1); run++) {
            bench.tell("run %d of %d", run, bench.rounds().most());
            try {
                measured.add(new Runner(options(bench, run).build()).run());
            } catch (RunnerException e) {
                throw new DemoException("a measurement failed: " + e.getMessage(), e);
            }
        }
        return measured;
    }

    private static ChainedOptionsBuilder options(Workbench bench, int run) {
        String log = bench.directory().resolve("jmh-" + run).toString();
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(Harness.class.getPackageName() + "\\..*Benchmark\\.")
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .output(log + ".log")
                .result(log + ".json")
                .resultFormat(ResultFormatType.JSON)
                .verbosity(VerboseMode.NORMAL);
        if (bench.smoke()) {
            TimeValue once = TimeValue.milliseconds(SMOKE_MILLIS);
            return options.forks(0)
                    .warmupIterations(1)
                    .warmupTime(once)
                    .measurementIterations(1)
                    .measurementTime(once);
        }
        TimeValue time = TimeValue.milliseconds(ITERATION_MILLIS);
        return options.forks(1)
                .jvmArgs(JVM_OPTIONS.split(" "))
                .warmupIterations(ITERATIONS)
                .warmupTime(time)
                .measurementIterations(ITERATIONS)
                .measurementTime(time);
    }

    private void add(Collection<RunResult> results) {
        for (RunResult each : results) {
            String benchmark = each.getParams().getBenchmark();
            String name = benchmark.substring(Harness.class.getPackageName().length() + 1) + " "
                    + each.getParams().getParam("replicas");
            add(times, name, each.getPrimaryResult().getScore());
            add(
                    allocated,
                    name,
                    Objects.requireNonNull(each.getSecondaryResults().get(ALLOCATED), "JMH did not count allocations")
                            .getScore());
        }
    }

    private static void add(Map<String, List<Double>> to, String name, double value) {
        to.computeIfAbsent(name, first -> new ArrayList<>()).add(value);
    }

    /** The time of one operation in each run, in the unit of its class. */
    Samples time(Class<?> benchmark, String method, int replicas) {
        return of(times, benchmark, method, replicas);
    }

    /** Bytes that one operation allocated in each run. */
    Samples allocated(Class<?> benchmark, String method, int replicas) {
        return of(allocated, benchmark, method, replicas);
    }

    private static Samples of(Map<String, List<Double>> all, Class<?> benchmark, String method, int replicas) {
        return new Samples(all.getOrDefault(benchmark.getSimpleName() + "." + method + " " + replicas, List.of()));
    }
}
