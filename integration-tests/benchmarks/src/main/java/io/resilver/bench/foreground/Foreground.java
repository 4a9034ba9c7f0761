package io.resilver.bench.foreground;

import static io.resilver.host.cli.demo.HostProcess.verb;

import io.resilver.bench.process.Poll;
import io.resilver.bench.report.Aim;
import io.resilver.bench.report.BenchReport;
import io.resilver.bench.report.Row;
import io.resilver.bench.report.Samples;
import io.resilver.bench.run.Bench;
import io.resilver.bench.run.Workbench;
import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.policy.RecoveryPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * A writer at a fixed rate, alone and while another replica of its volume catches up or is rebuilt: how much later the last
 * hundredth of its writes is acknowledged. And recoveries with a rate that was set: how fast they were.
 */
public final class Foreground implements Bench {
    private static final String CATCH_UP = "CATCH_UP";
    private static final String REBUILD = "NEEDS_REBUILD";

    private static final long MIB = 1L << 20;
    private static final int BLOCK = 4 << 10;
    private static final int LARGE_BLOCK = 64 << 10;

    /** Where the paced writer writes: its own blocks, over and over. */
    private static final long PACED_AT = 0;

    private static final int PACED_BLOCKS = 2_048;

    /** The images are of this size, and as much is what a replica that is behind lacks. */
    private static final long GAP = 256 * MIB;

    private static final long SMALL_GAP = 8 * MIB;

    /** A rate that is far below what the machine can do, and for which the gap is seconds long. */
    private static final long SET_RATE = 20_000_000;

    private static final long SMALL_SET_RATE = 4_000_000;

    private static final int PER_SECOND = 200;
    private static final Duration ALONE = Duration.ofSeconds(5);
    private static final Duration SMALL_ALONE = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private static final double MOST = 1.5;
    private static final double RATE_MARGIN = 0.05;
    private static final int MICROS_PER_MS = 1_000;
    private static final double NANOS_PER_SECOND = 1e9;

    /** ZooKeeper's, in this process. */
    private static final Duration TICK = Duration.ofSeconds(1);

    private static final Duration START_PATIENCE = Duration.ofSeconds(40);

    /** The comparison as the command runs it. */
    public Foreground() {}

    @Override
    public String name() {
        return "foreground";
    }

    @Override
    public String work() {
        return "What a writer feels of a catch-up and of a rebuild, and whether a rate that was set is held.";
    }

    @Override
    public long diskBytes(boolean smoke) {
        return (smoke ? SMALL_GAP : GAP) * 16; // three logs and images, a staged one, what is not trimmed yet
    }

    /** What was measured over all runs. */
    private static final class Found {
        private final List<Double> during = new ArrayList<>();
        private final List<Double> alone = new ArrayList<>();
        private final List<Double> rates = new ArrayList<>();
    }

    /** Its recoveries are slow by intent. */
    @Override
    public Duration time() {
        return Duration.ofMinutes(7);
    }

    @Override
    public BenchReport measure(Workbench bench) throws DemoException, RecoveryException, IOException {
        Map<String, String> keys = new HashMap<>();
        if (bench.smoke()) {
            keys.put("resilver.adapter.file.segment-bytes", Long.toString(SMALL_GAP / 8)); // trimming frees whole ones
        }
        Found catchUp = new Found();
        Found rebuild = new Found();
        boolean verified = true;
        try (EmbeddedZooKeeper zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                bench.directory().resolve("zookeeper"), OptionalInt.empty(), TICK, START_PATIENCE))) {
            for (int run = 1; bench.rounds().goesOn(run - 1); run++) {
                Path directory = Files.createDirectory(bench.directory().resolve("run" + run));
                try (Trio hosts = new Trio(bench.children(), directory, zookeeper.connectString(), keys)) {
                    hosts.start();
                    hosts.write(0, gap(bench), LARGE_BLOCK); // the image has its size from now on
                    verified &= felt(bench, hosts, CATCH_UP, catchUp);
                    verified &= felt(bench, hosts, REBUILD, rebuild);
                    verified &= held(bench, hosts, CATCH_UP, catchUp);
                    verified &= held(bench, hosts, REBUILD, rebuild);
                }
            }
        }
        double set = rate(bench) / 1e6;
        return bench.report(
                List.of(
                        "primary, a member in sync and the replica that recovers: three processes on one disk and loopback",
                        String.format(
                                Locale.ROOT,
                                "writer: %d writes of %d KiB a second, whatever those before them take, each durable on both"
                                        + " members; latency from when it was due; ms at the 99th percentile",
                                PER_SECOND,
                                BLOCK >> 10),
                        "gap and image: " + gap(bench) / MIB
                                + " MiB; recoveries have the default rate beside writes, "
                                + (RecoveryPolicy.DEFAULT_BESIDE_WRITES >> 20) + " MiB a second",
                        "throttle: a rate set while the host runs, with the same writer"),
                List.of(
                        latency("catchup p99", catchUp, verified),
                        latency("rebuild p99", rebuild, verified),
                        throttle("throttle catchup", catchUp, set, verified),
                        throttle("throttle rebuild", rebuild, set, verified)));
    }

    private static Row latency(String name, Found found, boolean verified) {
        return new Row(
                name,
                "ms",
                new Samples(found.during),
                "the writer alone",
                new Samples(found.alone),
                new Aim.AtMost(MOST),
                verified);
    }

    private static Row throttle(String name, Found found, double set, boolean verified) {
        List<Double> theirs = found.rates.stream().map(each -> set).toList();
        return new Row(
                name,
                "MB/s",
                new Samples(found.rates),
                "the rate set",
                new Samples(theirs),
                new Aim.Within(1 - RATE_MARGIN, 1 + RATE_MARGIN),
                verified);
    }

    private static long gap(Workbench bench) {
        return bench.sized(GAP, SMALL_GAP);
    }

    private static long rate(Workbench bench) {
        return bench.sized(SET_RATE, SMALL_SET_RATE);
    }

    /** The writer alone, while the replica is away; then the same while it recovers. */
    private boolean felt(Workbench bench, Trio hosts, String outcome, Found into) throws DemoException {
        behind(bench, hosts, outcome);
        Duration time = bench.smoke() ? SMALL_ALONE : ALONE;
        Paced.begin(hosts, time).result(); // what was written before reaches the disk meanwhile
        Message alone = Paced.begin(hosts, time).result();
        int mark = hosts.letRecover(outcome);
        Paced writer = Paced.begin(hosts, LONGEST);
        Message report = hosts.awaitRecovered(mark, outcome);
        Message during = writer.end();
        into.alone.add(milliseconds(alone, "p99Micros"));
        into.during.add(milliseconds(during, "p99Micros"));
        bench.tell(
                "%s at %.1f MB/s: %d writes, p50 %.2f ms, p99 %.2f, max %.2f; alone %d, p50 %.2f, p99 %.2f, max %.2f",
                outcome,
                megabytesPerSecond(report),
                number(during, "writes"),
                milliseconds(during, "p50Micros"),
                milliseconds(during, "p99Micros"),
                milliseconds(during, "maxMicros"),
                number(alone, "writes"),
                milliseconds(alone, "p50Micros"),
                milliseconds(alone, "p99Micros"),
                milliseconds(alone, "maxMicros"));
        return hosts.sameImages();
    }

    /** A recovery with a rate that was set. */
    private boolean held(Workbench bench, Trio hosts, String outcome, Found into) throws DemoException {
        hosts.throttle(OptionalLong.of(rate(bench)));
        behind(bench, hosts, outcome);
        int mark = hosts.letRecover(outcome);
        Paced writer = Paced.begin(hosts, LONGEST);
        Message report = hosts.awaitRecovered(mark, outcome);
        writer.end();
        hosts.throttle(OptionalLong.empty());
        into.rates.add(megabytesPerSecond(report));
        bench.tell("%s, set to %.1f MB/s: %.2f MB/s", outcome, rate(bench) / 1e6, megabytesPerSecond(report));
        return hosts.sameImages();
    }

    private static void behind(Workbench bench, Trio hosts, String outcome) throws DemoException {
        hosts.leaveBehind();
        hosts.write(0, gap(bench), LARGE_BLOCK);
        if (outcome.equals(REBUILD)) {
            hosts.trim();
        }
    }

    /** The paced writer of the primary, at work. */
    private record Paced(Trio hosts, CompletableFuture<Message> answer) {
        static Paced begin(Trio hosts, Duration time) throws DemoException {
            return new Paced(
                    hosts,
                    hosts.primary()
                            .send(verb("write-paced")
                                    .put("seed", 11)
                                    .put("at", PACED_AT)
                                    .put("blocks", PACED_BLOCKS)
                                    .put("block", BLOCK)
                                    .put("perSecond", PER_SECOND)
                                    .put("millis", time.toMillis())));
        }

        Message end() throws DemoException {
            Poll.until(
                    () -> {
                        hosts.primary().ask(verb("end-paced")); // again: it may not have begun when it was asked first
                        return answer.isDone();
                    },
                    "the paced writer has ended");
            return result();
        }

        Message result() throws DemoException {
            Message message = answer.join();
            if (!message.flag("ok")) {
                throw new DemoException("the paced writer failed: " + message);
            }
            return message;
        }
    }

    private static double milliseconds(Message message, String field) {
        return number(message, field) / (double) MICROS_PER_MS;
    }

    private static double megabytesPerSecond(Message report) {
        return number(report, "bytesSent") / 1e6 / (number(report, "nanos") / NANOS_PER_SECOND);
    }

    private static long number(Message message, String field) {
        return message.number(field)
                .orElseThrow(() -> new IllegalStateException("no field " + field + " in " + message));
    }
}
