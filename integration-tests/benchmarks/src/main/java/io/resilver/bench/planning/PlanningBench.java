package io.resilver.bench.planning;

import io.resilver.bench.report.Aim;
import io.resilver.bench.report.BenchReport;
import io.resilver.bench.report.Row;
import io.resilver.bench.report.Samples;
import io.resilver.bench.run.Bench;
import io.resilver.bench.run.Workbench;
import io.resilver.host.cli.demo.DemoException;
import java.util.List;

/**
 * What it costs to decide and account for one recovery, without storage and network, and whether that grows with the replicas of
 * the host. There is no other side to run here: the aims are bounds, and what is known of a comparable engine in Go was measured
 * elsewhere and is told for orientation.
 */
public final class PlanningBench implements Bench {
    private static final int FEW = 100;
    private static final int MANY = 10_000;

    private static final double AIM_MICROS = 1.5;
    private static final double AIM_BYTES = 1_024;
    private static final double AIM_GROWTH = 1.2;
    private static final double AIM_ASSIGN_MILLIS = 15;

    private static final double GO_FEW_MICROS = 1.9;
    private static final double GO_BYTES = 1_585;
    private static final List<Double> GO_MANY_MICROS = List.of(4.9, 6.7);
    private static final List<Double> GO_ASSIGN_MILLIS = List.of(58.0, 78.0);

    private static final List<String> SETTINGS = List.of(
            "JMH 1.37, average time, gc.alloc.rate.norm; each run is a JVM of its own (" + Harness.JVM_OPTIONS
                    + ") with "
                    + Harness.ITERATIONS + " + " + Harness.ITERATIONS + " iterations of " + Harness.ITERATION_MILLIS
                    + " ms, all measurements in turn in each run; --smoke measures in this JVM, not warmed up",
            "plan: one operation is one replica of the fleet, in turn, in volumes of three copies. A newer assignment is made,"
                    + " checked, compared with the one in force, and moves the replica, which ends its session; a session with"
                    + " its token; fence and position accepted; the planner decides a catch-up from five terms of lineage; the"
                    + " plan bound to the token; slot taken; log pin entered in the ledger; history read again and the plan"
                    + " checked under its pin; two durable reports, the second at the target; pin and slot given back;"
                    + " keep-up. Every outcome is checked; no events, timers, messages or threads",
            "sender-path: the same recovery through the host's own leader, sender, session, execution and feeder, with events"
                    + " and messages; store and replicas are in memory and answer in the caller's thread; timers are asked for"
                    + " and never due",
            "assign: one operation makes and checks one assignment of 10,000 other replicas, ids included, and a leader that"
                    + " has a sender to each of them",
            "go-engine: not run here. Figures of a comparable engine in Go on a machine of this kind, as published");

    @Override
    public String name() {
        return "planning";
    }

    @Override
    public String work() {
        return "The engine alone: assign, plan, execute with no I/O, complete, for 100 and 10,000 replicas (JMH).";
    }

    @Override
    public long diskBytes(boolean smoke) {
        return 1 << 20;
    }

    @Override
    public BenchReport measure(Workbench bench) throws DemoException {
        Harness of = Harness.run(bench);
        Samples few = of.time(EngineBenchmark.class, "recover", FEW);
        Samples many = of.time(EngineBenchmark.class, "recover", MANY);
        Samples bytes = of.allocated(EngineBenchmark.class, "recover", FEW);
        Samples manyBytes = of.allocated(EngineBenchmark.class, "recover", MANY);
        Samples senderFew = of.time(SenderBenchmark.class, "recover", FEW);
        Samples senderMany = of.time(SenderBenchmark.class, "recover", MANY);
        Samples senderBytes = of.allocated(SenderBenchmark.class, "recover", FEW);
        Samples assign = of.time(AssignBenchmark.class, "assign", MANY);
        return bench.report(
                SETTINGS,
                List.of(
                        bound("plan-100", "us", few, AIM_MICROS),
                        row("plan-100", "us", few, "go-engine", Samples.of(GO_FEW_MICROS), new Aim.None()),
                        row("plan-10000", "us", many, "plan-100", few, new Aim.AtMost(AIM_GROWTH)),
                        row("plan-10000", "us", many, "go-engine", new Samples(GO_MANY_MICROS), new Aim.None()),
                        bound("alloc-100", "B/op", bytes, AIM_BYTES),
                        bound("alloc-10000", "B/op", manyBytes, AIM_BYTES),
                        row("alloc-100", "B/op", bytes, "go-engine", Samples.of(GO_BYTES), new Aim.None()),
                        bound("assign-10000", "ms", assign, AIM_ASSIGN_MILLIS),
                        row("assign-10000", "ms", assign, "go-engine", new Samples(GO_ASSIGN_MILLIS), new Aim.None()),
                        row("sender-path-100", "us", senderFew, "plan-100", few, new Aim.None()),
                        row("sender-path-10000", "us", senderMany, "sender-path-100", senderFew, new Aim.None()),
                        row("sender-path-alloc", "B/op", senderBytes, "alloc-100", bytes, new Aim.None())));
    }

    private static Row bound(String name, String unit, Samples ours, double most) {
        return row(name, unit, ours, "aim", Samples.of(most), new Aim.AtMost(1));
    }

    /** What was not verified did not come so far: an operation with another outcome, or a leak, fails the measurement. */
    private static Row row(String name, String unit, Samples ours, String against, Samples theirs, Aim aim) {
        return new Row(name, unit, ours, against, theirs, aim, true);
    }
}
