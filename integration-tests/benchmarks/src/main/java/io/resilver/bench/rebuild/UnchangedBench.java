package io.resilver.bench.rebuild;

import io.resilver.bench.copy.Copies;
import io.resilver.bench.copy.Rsync;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A full base of which the target's present image has nearly all, next to rsync of the same file. */
public final class UnchangedBench implements Bench {
    private static final long BYTES = 2L << 30;
    private static final long SMOKE_BYTES = 16L << 20;
    private static final long SEED = 20_240_303;
    private static final int EVERY = 100;
    private static final int SMOKE_EVERY = 8;
    /** After these the compilers of a process are done with most of what it does; rsync has none. */
    private static final int WARM_ROUNDS = 2;

    private static final double OF_RSYNC = 3;
    private static final double OF_CHANGED = 1.1;

    @Override
    public String name() {
        return "rebuild-unchanged";
    }

    @Override
    public String work() {
        return "Rebuilds a replica from a full base of 2 GiB of which its image has 99 % already, next to rsync.";
    }

    /** Two contents, the source's image, the target's, put aside, in place and staged, and rsync's copy. */
    @Override
    public long diskBytes(boolean smoke) {
        return 7 * (smoke ? SMOKE_BYTES : BYTES);
    }

    @Override
    public Duration time() {
        return Duration.ofMinutes(3);
    }

    @Override
    public BenchReport measure(Workbench bench) throws DemoException, RecoveryException, IOException {
        int every = (int) bench.sized(EVERY, SMOKE_EVERY);
        RandomFile old = RandomFile.write(bench.directory().resolve("old"), bench.sized(BYTES, SMOKE_BYTES), SEED);
        RandomFile now = old.changed(bench.directory().resolve("now"), every, SEED + 1);
        Path aside = bench.directory().resolve("target-aside");
        List<Double> ours = new ArrayList<>();
        List<Double> sent = new ArrayList<>();
        Map<Rsync, List<Double>> theirs = new EnumMap<>(Rsync.class);
        boolean right = true;
        try (RebuildHosts hosts =
                RebuildHosts.start(bench, bench.directory().resolve("hosts"), RebuildHosts.JVM, now)) {
            hosts.giveTarget(old, aside);
            for (int warm = bench.smoke() ? 0 : WARM_ROUNDS; warm > 0; warm--) {
                hosts.oldTarget(aside);
                bench.tell(
                        "warm: ours %.0f MB/s",
                        now.bytes() / 1e6 / hosts.rebuild().seconds());
                right &= hosts.isRight();
                hosts.emptyTarget();
            }
            for (int run = 1; bench.rounds().goesOn(run - 1); run++) {
                hosts.oldTarget(aside);
                VolumeHosts.Recovered rebuild = hosts.rebuild();
                ours.add(now.bytes() / 1e6 / rebuild.seconds());
                sent.add(rebuild.bytesSent() / (double) (1 << 20));
                right &= hosts.isRight();
                hosts.emptyTarget();
                for (Rsync way : Rsync.values()) {
                    Path copy = bench.directory().resolve("copy");
                    Copies.cp(old.path(), copy);
                    Copies.Copy rsync = Copies.rsync(way, now.path(), copy);
                    theirs.computeIfAbsent(way, each -> new ArrayList<>()).add(now.bytes() / 1e6 / rsync.seconds());
                    right &= rsync.verified();
                    Files.delete(copy);
                }
                bench.tell(
                        "run %d of %d: ours %.0f MB/s with %.0f MiB sent, rsync %s MB/s",
                        run, bench.rounds().most(), ours.get(run - 1), sent.get(run - 1), theirs);
            }
        }
        Samples rates = new Samples(ours);
        String size = (now.bytes() >> 20) + " MiB";
        List<Row> rows = new ArrayList<>();
        for (Rsync way : Rsync.values()) {
            rows.add(new Row(
                    size,
                    "MB/s",
                    rates,
                    "rsync-" + way.name().toLowerCase(Locale.ROOT),
                    new Samples(theirs.getOrDefault(way, List.of())),
                    new Aim.AtLeast(OF_RSYNC),
                    right));
        }
        double changed = now.changedBytes(every) / (double) (1 << 20);
        rows.add(new Row(
                "sent", "MiB", new Samples(sent), "changed", Samples.of(changed), new Aim.AtMost(OF_CHANGED), right));
        return bench.report(
                List.of(
                        "resilver: two hosts in a warm process each (" + String.join(" ", RebuildHosts.JVM)
                                + "), after " + WARM_ROUNDS
                                + " rebuilds that do not count; the target's image differs in one of " + every
                                + " MiB.",
                        "resilver stages what changed beside the old image, forces and verifies it and makes it live in one act;"
                                + " it is laid over the old image afterwards. The rate is by all bytes of the image.",
                        "rsync-whole: rsync " + String.join(" ", Rsync.WHOLE.options()) + "; rsync-delta: rsync "
                                + String.join(" ", Rsync.DELTA.options())
                                + "; each in place, on one disk, without a network, then fsync."),
                rows);
    }
}
