package io.resilver.bench.rebuild;

import io.resilver.bench.hosts.VolumeHosts;
import io.resilver.bench.report.Aim;
import io.resilver.bench.report.BenchReport;
import io.resilver.bench.report.Row;
import io.resilver.bench.report.Samples;
import io.resilver.bench.run.Bench;
import io.resilver.bench.run.Workbench;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A rebuild whose target is killed halfway, next to starting over. */
public final class ResumeBench implements Bench {
    private static final long BYTES = 2L << 30;
    private static final long SMOKE_BYTES = 32L << 20;
    private static final long SEED = 20_240_301;
    private static final double OF_STARTING_OVER = 0.55;

    /** A smoke is to be caught in the middle on any machine: it goes no faster than this until the target is killed. */
    private static final long SMOKE_BYTES_PER_SECOND = 16L << 20;

    /** Progress is told each hundredth of a rebuild or so, and not each second, which would be a third of it: the kill follows a word of it. */
    private static final Map<String, String> OFTEN_TOLD = Map.of("resilver.recovery.progress-ms", "20");

    @Override
    public String name() {
        return "resume";
    }

    @Override
    public String work() {
        return "Kills the target of a rebuild of 2 GiB halfway, and goes on with what it had made durable.";
    }

    @Override
    public long diskBytes(boolean smoke) {
        return 3 * (smoke ? SMOKE_BYTES : BYTES);
    }

    @Override
    public Duration time() {
        return Duration.ofSeconds(150);
    }

    @Override
    public BenchReport measure(Workbench bench) throws DemoException, RecoveryException, IOException {
        RandomFile content =
                RandomFile.write(bench.directory().resolve("content"), bench.sized(BYTES, SMOKE_BYTES), SEED);
        List<Double> resumed = new ArrayList<>();
        List<Double> over = new ArrayList<>();
        List<Double> shares = new ArrayList<>();
        boolean right = true;
        try (RebuildHosts hosts =
                RebuildHosts.start(bench, bench.directory().resolve("hosts"), RebuildHosts.JVM, content, OFTEN_TOLD)) {
            hosts.deleteTarget();
            for (int run = 1; bench.rounds().goesOn(run - 1); run++) {
                // Both in a new process: the one that goes on after the kill is no other.
                hosts.newTarget();
                VolumeHosts.Recovered all = hosts.rebuild();
                over.add(all.seconds());
                right &= all.bytesSent() == content.bytes() && hosts.isRight();
                hosts.emptyTarget();

                hosts.throttle(bench.smoke() ? SMOKE_BYTES_PER_SECOND : 0);
                hosts.killAt(content.bytes() / 2);
                hosts.throttle(0);
                VolumeHosts.Recovered rest = hosts.rebuild();
                resumed.add(rest.seconds());
                shares.add((double) rest.bytesSent() / content.bytes());
                right &= rest.bytesSent() < content.bytes() && hosts.isRight();
                hosts.emptyTarget();
                bench.tell(
                        "run %d of %d: from the start %.2f s, the rest %.2f s with %.0f %% of the bytes",
                        run, bench.rounds().most(), over.get(run - 1), resumed.get(run - 1), 100 * shares.get(run - 1));
            }
        }
        return bench.report(
                List.of(
                        "killed (kill -9) once the source had sent half of the bytes; the rest takes from the source's first"
                                + " pin to the target's word that all is durable, looking at what is left included",
                        String.format(
                                Locale.ROOT,
                                "the rest was %.0f %% of the bytes (median)",
                                100 * new Samples(shares).median())),
                List.of(new Row(
                        "the rest",
                        "s",
                        new Samples(resumed),
                        "starting-over",
                        new Samples(over),
                        new Aim.AtMost(OF_STARTING_OVER),
                        right)));
    }
}
