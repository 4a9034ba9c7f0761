package io.resilver.bench.catchup;

import io.resilver.bench.hosts.VolumeHosts;
import io.resilver.bench.ideal.IdealLog;
import io.resilver.bench.ideal.IdealPair;
import io.resilver.bench.ratis.RatisGroup;
import io.resilver.bench.report.Aim;
import io.resilver.bench.report.BenchReport;
import io.resilver.bench.report.Row;
import io.resilver.bench.report.Samples;
import io.resilver.bench.rocks.RocksReplay;
import io.resilver.bench.run.Bench;
import io.resilver.bench.run.Workbench;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** One replica is so many entries behind and catches up. */
public final class CatchUpBench implements Bench {
    /** More than the bytes of all entries with their headers, for each side at a time, and what is written over twice. */
    private static final int COPIES = 8;

    private static final int SMOKE_PART = 50;

    /**
     * Rounds that do not count, of all sides alike: what runs for each entry is compiled then. Each side becomes faster up to the
     * fifth round or so; the rounds that count alternate, so that none has more of them behind it.
     */
    private static final int WARM_ROUNDS = 4;

    /** It has as many entries as ten of the others. */
    private static final int WARM_ROUNDS_SMALL = 1;

    /** What the hosts run with: a host product's heap, and the collector that small heaps are best served by. */
    private static final List<String> JVM = List.of("-XX:+UseSerialGC", "-Xmx512m");

    /**
     * Nobody writes while it is measured, and what the entries took to be written just before must not count as a writer: beside
     * one a recovery keeps to a rate, for a second after his last write.
     */
    private static final Map<String, String> KEYS = Map.of(
            "resilver.adapter.file.checkpoint-bytes",
            "1073741824",
            "resilver.adapter.file.snapshot-bytes",
            "0",
            "resilver.policy.host.bytes-per-second-beside-writes",
            "0");

    private final String name;
    private final long entries;
    private final int entryBytes;
    private final boolean small;

    private CatchUpBench(String name, long entries, int entryBytes, boolean small) {
        this.name = name;
        this.entries = entries;
        this.entryBytes = entryBytes;
        this.small = small;
    }

    /**
     * Entries of a block each.
     *
     * @return the comparison {@code catchup}
     */
    public static CatchUpBench blocks() {
        return new CatchUpBench("catchup", 100_000, 4_096, false);
    }

    /**
     * Many small entries.
     *
     * @return the comparison {@code catchup-small}
     */
    public static CatchUpBench small() {
        return new CatchUpBench("catchup-small", 1_000_000, 128, true);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String work() {
        return "One replica is " + entries + " entries of " + entryBytes
                + " bytes behind and catches up, next to Apache Ratis, " + (small ? "RocksDB and" : "and")
                + " a program with no protocol.";
    }

    @Override
    public long diskBytes(boolean smoke) {
        return COPIES * (smoke ? entries / SMOKE_PART : entries) * (entryBytes + 128L);
    }

    /** What the sides took, a sample a run. */
    private static final class Figures {
        private final List<Double> ours = new ArrayList<>();
        private final List<Double> oursFromCall = new ArrayList<>();
        private final List<Double> ideal = new ArrayList<>();
        private final List<Double> streaming = new ArrayList<>();
        private final List<Double> restart = new ArrayList<>();
        private final List<Double> rocks = new ArrayList<>();
        private boolean verified = true;
    }

    /** A round takes Ratis most of a minute, for the entries to be written. */
    @Override
    public Duration time() {
        return small ? Duration.ofMinutes(7) : Bench.super.time();
    }

    @Override
    public BenchReport measure(Workbench bench) throws DemoException, RecoveryException, IOException {
        long count = bench.sized(entries, entries / SMOKE_PART);
        Path log = bench.directory().resolve("log");
        IdealLog.write(log, count, entryBytes, 1);
        Figures figures = new Figures();
        try (VolumeHosts hosts = VolumeHosts.start(bench, bench.directory().resolve("hosts"), JVM, KEYS);
                IdealPair ideal = IdealPair.start(bench, bench.directory().resolve("ideal"));
                RatisGroup ratis = RatisGroup.start(bench, bench.directory().resolve("ratis"), entryBytes)) {
            int warm = Math.toIntExact(bench.sized(small ? WARM_ROUNDS_SMALL : WARM_ROUNDS, 0));
            for (int round = 1 - warm; round < 1 || bench.rounds().goesOn(round - 1); round++) {
                Figures into = round > 0 ? figures : new Figures();
                ours(hosts, count, round, into);
                ideal(ideal, log, count, into);
                ratis(ratis, count, round, into);
                if (small) {
                    rocks(bench.directory().resolve("rocks"), count, round, into);
                }
                figures.verified &= into.verified;
                bench.tell(
                        "%s: %.1f MB/s, %.1f from the call; ideal %.1f, Ratis %.1f, %.1f from the call",
                        round > 0 ? "run " + round + " of " + bench.rounds().most() : "warm",
                        last(into.ours),
                        last(into.oursFromCall),
                        last(into.ideal),
                        last(into.streaming),
                        last(into.restart));
            }
        }
        return bench.report(settings(), rows(count, figures));
    }

    private void ours(VolumeHosts hosts, long count, int run, Figures figures) throws DemoException {
        hosts.targetLeaves();
        hosts.write(run, count * entryBytes, entryBytes);
        VolumeHosts.Recovered took = hosts.targetReturns();
        if (!took.outcome().equals("CATCH_UP") || took.bytesSent() < count * entryBytes) {
            throw new DemoException("the replica was to catch up with " + count + " entries, and took " + took);
        }
        figures.ours.add(rate(count, took.seconds()));
        figures.oursFromCall.add(rate(count, took.fromCallSeconds()));
        figures.verified &= hosts.same();
    }

    private void ideal(IdealPair ideal, Path log, long count, Figures figures) throws DemoException, IOException {
        Path target = log.resolveSibling("log-copy");
        IdealPair.Run run = ideal.log(log, target);
        Files.delete(target);
        figures.ideal.add(rate(count, run.seconds()));
        figures.verified &= run.verified();
    }

    private void ratis(RatisGroup group, long count, int round, Figures figures) throws DemoException, IOException {
        RatisGroup.Times took = group.catchUp(count, round);
        figures.streaming.add(rate(count, took.streamingSeconds()));
        figures.restart.add(rate(count, took.restartSeconds()));
        figures.verified &= took.verified();
    }

    private void rocks(Path directory, long count, int run, Figures figures) throws IOException {
        RocksReplay.Run replay = RocksReplay.run(directory, count, entryBytes, run);
        delete(directory);
        figures.rocks.add(rate(count, replay.seconds()));
        figures.verified &= replay.verified();
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(each);
            }
        }
    }

    private double rate(long count, double seconds) {
        return count * (double) entryBytes / seconds / 1e6;
    }

    private static double last(List<Double> of) {
        return of.get(of.size() - 1);
    }

    private List<Row> rows(long count, Figures found) {
        String what = count + " x " + entryBytes + " B";
        List<Row> rows = new ArrayList<>();
        Samples ours = new Samples(found.ours);
        rows.add(row(what, ours, "ideal", found.ideal, small ? new Aim.None() : new Aim.AtLeast(0.85), found));
        rows.add(row(what, ours, "ratis-streaming", found.streaming, new Aim.AtLeast(small ? 5 : 4), found));
        rows.add(row(
                what + ", from the call",
                new Samples(found.oursFromCall),
                "ratis-restart",
                found.restart,
                new Aim.AtLeast(small ? 5 : 3),
                found));
        if (small) {
            rows.add(row(what, ours, "rocksdb", found.rocks, new Aim.AtLeast(1), found));
        }
        return rows;
    }

    private static Row row(String what, Samples ours, String against, List<Double> theirs, Aim aim, Figures found) {
        return new Row(what, "MB/s", ours, against, new Samples(theirs), aim, found.verified);
    }

    private List<String> settings() {
        List<String> settings = new ArrayList<>();
        settings.add("all sides: " + (small ? WARM_ROUNDS_SMALL : WARM_ROUNDS)
                + " whole rounds that do not count, then the sides by turns in the same processes.");
        settings.add(
                "resilver: two hosts in a warm process each (" + String.join(" ", JVM)
                        + "); the target's replica was closed, and misses the entries; a checkpoint of the image each 1 GiB, none kept as a base (snapshot-bytes=0).");
        settings.add(
                "resilver: no bound beside writes, since nobody writes meanwhile (bytes-per-second-beside-writes=0): else the writes before it would slow down its first second.");
        settings.add(
                "resilver is timed from the recovery's begin to the last entry durable at the target, its image applied"
                        + " beside; from the call: from asking the target to open its replica, fence and plan included.");
        settings.add(
                "resilver makes durable: each group that came while the disk was busy is forced (fdatasync) before it counts.");
        settings.addAll(IdealPair.settings());
        settings.addAll(RatisGroup.settings(entryBytes));
        if (small) {
            settings.addAll(RocksReplay.settings());
        }
        return settings;
    }
}
