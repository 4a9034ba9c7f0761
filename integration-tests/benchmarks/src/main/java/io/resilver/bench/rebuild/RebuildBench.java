package io.resilver.bench.rebuild;

import io.resilver.bench.copy.Copies;
import io.resilver.bench.hosts.VolumeHosts;
import io.resilver.bench.ideal.IdealPair;
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
import java.util.ArrayList;
import java.util.List;

/** A full base of random content, next to a program without a protocol and to a copy on one disk. */
public final class RebuildBench implements Bench {
    private static final long BYTES = 4L << 30;
    private static final long SMOKE_BYTES = 16L << 20;
    private static final long SEED = 20_240_229;
    private static final double OF_IDEAL = 0.9;

    /** Both sides: after these the compilers of a process are done with most of what it does. */
    private static final int WARM_ROUNDS = 2;

    @Override
    public String name() {
        return "rebuild";
    }

    @Override
    public String work() {
        return "Rebuilds an empty replica from a full base of 4 GiB of random content, in processes on loopback.";
    }

    /** The content, the source's image, and the target's or a copy. */
    @Override
    public long diskBytes(boolean smoke) {
        return 4 * (smoke ? SMOKE_BYTES : BYTES);
    }

    @Override
    public BenchReport measure(Workbench bench) throws DemoException, RecoveryException, IOException {
        RandomFile content =
                RandomFile.write(bench.directory().resolve("content"), bench.sized(BYTES, SMOKE_BYTES), SEED);
        List<Double> ours = new ArrayList<>();
        List<Double> ideal = new ArrayList<>();
        List<Double> copied = new ArrayList<>();
        boolean right = true;
        try (RebuildHosts hosts =
                        RebuildHosts.start(bench, bench.directory().resolve("hosts"), RebuildHosts.JVM, content);
                IdealPair pair = IdealPair.start(bench, bench.directory().resolve("ideal"))) {
            hosts.deleteTarget();
            int warm = Math.toIntExact(bench.sized(WARM_ROUNDS, 0));
            for (int run = 1 - warm; run < 1 || bench.rounds().goesOn(run - 1); run++) {
                VolumeHosts.Recovered rebuild = hosts.rebuild();
                double rate = content.bytes() / 1e6 / rebuild.seconds();
                right &= rebuild.bytesSent() == content.bytes() && hosts.isRight();
                hosts.emptyTarget();
                Path copy = bench.directory().resolve("copy");
                IdealPair.Run moved = pair.base(content.path(), copy);
                double idealRate = content.bytes() / 1e6 / moved.seconds();
                Files.delete(copy);
                Copies.Copy cp = Copies.cp(content.path(), copy);
                double copyRate = content.bytes() / 1e6 / cp.seconds();
                right &= moved.verified() && cp.verified();
                Files.delete(copy);
                bench.tell(
                        "%s: ours %.0f, ideal %.0f, cp %.0f MB/s",
                        run > 0 ? "run " + run + " of " + bench.rounds().most() : "warm", rate, idealRate, copyRate);
                if (run > 0) {
                    ours.add(rate);
                    ideal.add(idealRate);
                    copied.add(copyRate);
                }
            }
        }
        List<String> settings = new ArrayList<>(List.of(
                "both sides: " + WARM_ROUNDS
                        + " whole rounds that do not count, then the sides by turns in the same processes.",
                "resilver: two hosts in a warm process each (" + String.join(" ", RebuildHosts.JVM)
                        + "); the target's store is empty.",
                "resilver is timed from the source's first pin to the target's word that all is durable: ranges sent,"
                        + " forced, read back and verified, image and log swapped.",
                "resilver makes durable: ranges and their checksums, forced (fsync) beside what is received, at most 32 MiB"
                        + " behind.",
                "cp: on one disk, without a network, then fsync of the copy."));
        settings.addAll(IdealPair.settings());
        String size = (content.bytes() >> 20) + " MiB";
        Samples rates = new Samples(ours);
        return bench.report(
                settings,
                List.of(
                        new Row(size, "MB/s", rates, "ideal", new Samples(ideal), new Aim.AtLeast(OF_IDEAL), right),
                        new Row(size, "MB/s", rates, "cp", new Samples(copied), new Aim.None(), right)));
    }
}
