package io.resilver.bench.many;

import io.resilver.bench.report.Aim;
import io.resilver.bench.report.BenchReport;
import io.resilver.bench.report.Row;
import io.resilver.bench.report.Samples;
import io.resilver.bench.run.Bench;
import io.resilver.bench.run.Workbench;
import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.spi.error.RecoveryException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.ToDoubleFunction;

/** Ten thousand replicas of one host, each a hundred entries behind, against the same bytes through one stream. */
public final class ManyBench implements Bench {
    private static final int VOLUMES = 10_000;
    private static final int VOLUMES_IN_SMOKE = 50;
    private static final long ENTRIES = 100;

    private static final long READ_LEASE_MS = 10_000;

    /** A new term waits for a whole lease before it commits anything: a few volumes can do with the default. */
    private static final long READ_LEASE_MS_IN_SMOKE = 1_000;

    /** Of both, which do not count: what runs for each recovery is compiled then. */
    private static final int WARM_RUNS = 1;

    private static final String SESSION_MS = "30000";

    private static final Duration TICK = Duration.ofSeconds(2);
    private static final Duration START_PATIENCE = Duration.ofSeconds(30);

    /** ZooKeeper's log of some hundred thousand small changes, preallocated, and a few snapshots. */
    private static final long DISK_BYTES = 512L << 20;

    /** The comparison as the command runs it. */
    public ManyBench() {}

    @Override
    public String name() {
        return "many";
    }

    @Override
    public String work() {
        return "10,000 replicas of one host, each 100 entries of 4 KiB behind, against the same bytes through one stream.";
    }

    @Override
    public long diskBytes(boolean smoke) {
        return DISK_BYTES;
    }

    @Override
    public BenchReport measure(Workbench bench) throws DemoException, RecoveryException {
        try (EmbeddedZooKeeper zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                bench.directory().resolve("zookeeper"), OptionalInt.empty(), TICK, START_PATIENCE))) {
            int volumes = (int) bench.sized(VOLUMES, VOLUMES_IN_SMOKE);
            String lease = Long.toString(bench.sized(READ_LEASE_MS, READ_LEASE_MS_IN_SMOKE));
            ManyHosts hosts = new ManyHosts(bench, volumes, keys(zookeeper.connectString(), lease));
            List<ManyRun> one = new ArrayList<>();
            List<ManyRun> many = new ArrayList<>();
            hosts.setUp("one");
            hosts.setUp("many");
            int warm = (int) bench.sized(WARM_RUNS, 0);
            for (int run = 0; run < warm || bench.rounds().goesOn(run - warm); run++) {
                String called = run < warm ? "warm" : "run " + (run - warm + 1);
                ManyRun alone = run(bench, hosts, "one", volumes * ENTRIES, run, called);
                ManyRun all = run(bench, hosts, "many", ENTRIES, run, called);
                if (run >= warm) {
                    one.add(alone);
                    many.add(all);
                }
            }
            hosts.end();
            return report(bench, volumes, lease, one, many);
        }
    }

    private static Map<String, String> keys(String connect, String readLeaseMs) {
        return Map.of(
                "resilver.coordination.connect", connect,
                // Both hosts and ZooKeeper have two cores: a session outlives a burst of work.
                "resilver.coordination.session-timeout-ms", SESSION_MS,
                // Nobody reads, and each replica in keep-up is asked four times in a lease.
                "resilver.coordination.read-lease-ms", readLeaseMs);
    }

    private static ManyRun run(Workbench bench, ManyHosts hosts, String group, long entries, int run, String called)
            throws DemoException {
        ManyRun found = hosts.run(group, entries, run * entries);
        bench.tell(
                "%s, %s: %.0f MB/s, a replica %.1f ms, p99 %.1f ms; from the start %.0f ms, p99 %.0f ms; %.0f threads%s",
                group,
                called,
                found.megabytesPerSecond(),
                found.meanMs(),
                found.p99Ms(),
                found.meanFromStartMs(),
                found.p99FromStartMs(),
                found.threads(),
                found.verified() ? "" : ", WRONG CONTENT");
        return found;
    }

    private static BenchReport report(
            Workbench bench, int volumes, String readLeaseMs, List<ManyRun> one, List<ManyRun> many) {
        long sent = volumes * ENTRIES;
        boolean verified = List.of(one, many).stream()
                .flatMap(List::stream)
                .allMatch(each -> each.verified() && each.entries() == sent);
        return bench.report(
                settings(volumes, readLeaseMs),
                List.of(
                        new Row(
                                volumes + " replicas, " + sent + " entries",
                                "MB/s",
                                samples(many, ManyRun::megabytesPerSecond),
                                "one stream",
                                samples(one, ManyRun::megabytesPerSecond),
                                new Aim.AtLeast(0.7),
                                verified),
                        new Row(
                                "p99 of a recovery, from its slot on",
                                "ms",
                                samples(many, ManyRun::p99Ms),
                                "mean",
                                samples(many, ManyRun::meanMs),
                                new Aim.AtMost(1.5),
                                verified),
                        new Row(
                                "p99 of a recovery, from the common start",
                                "ms",
                                samples(many, ManyRun::p99FromStartMs),
                                "mean",
                                samples(many, ManyRun::meanFromStartMs),
                                new Aim.None(),
                                verified),
                        new Row(
                                "threads of both hosts, at most",
                                "threads",
                                samples(many, ManyRun::threads),
                                "one stream",
                                samples(one, ManyRun::threads),
                                new Aim.AtMost(1.0),
                                verified)));
    }

    private static List<String> settings(int volumes, String readLeaseMs) {
        return List.of(
                volumes
                        + " volumes of two replicas: one host leads all, the other holds a replica of each, each in its own"
                        + " process (" + ManyHosts.HEAP + " " + ManyHosts.COLLECTOR + ") on loopback, driver from its"
                        + " service file, ZooKeeper in this process",
                "stores in memory; each compares every entry that comes, byte for byte, with what it must be, and keeps a"
                        + " reference to shared bytes; the content of every replica is summed on both hosts after each run",
                "both: one run that does not count, then by turns in the same processes",
                "one stream: a volume with " + volumes * ENTRIES
                        + " entries behind, same hosts, same stores, same bytes",
                "a run: replicas are fenced and held, entries are written and committed without them; then all are asked to"
                        + " recover at one moment, and the time ends when the last is fed at the head",
                "from its slot: what the driver's report calls elapsed, from the begin of an execution to its completion;"
                        + " from the common start: that recovery's wait for a slot included",
                "threads: the most Java threads of both processes together during a run",
                "driver's defaults, but for resilver.coordination.session-timeout-ms=" + SESSION_MS
                        + " and resilver.coordination.read-lease-ms=" + readLeaseMs
                        + "; a policy with a grace of a minute and"
                        + " pins of 16 GiB; no event sinks");
    }

    private static Samples samples(List<ManyRun> runs, ToDoubleFunction<ManyRun> what) {
        return new Samples(runs.stream().map(what::applyAsDouble).toList());
    }
}
