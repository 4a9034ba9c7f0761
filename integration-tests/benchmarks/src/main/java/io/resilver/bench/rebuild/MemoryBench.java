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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** The memory of both hosts in a rebuild of a small and of a large base. */
public final class MemoryBench implements Bench {
    private static final List<String> JVM = List.of("-XX:+UseSerialGC", "-Xmx64m", "-XX:MaxDirectMemorySize=32m");
    private static final long SMALL = 1L << 30;
    private static final long LARGE = 8L << 30;
    private static final long SMOKE_SMALL = 8L << 20;
    private static final long SMOKE_LARGE = 32L << 20;
    private static final long SEED = 20_240_302;
    private static final double FLAT = 1.1;

    /** What both hosts held at most, in MiB. */
    private record Peak(double source, double target, boolean right) {}

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public String work() {
        return "Rebuilds 1 GiB and 8 GiB with -Xmx64m -XX:MaxDirectMemorySize=32m on either side, and compares the memory.";
    }

    /** The content goes once the source has it. */
    @Override
    public long diskBytes(boolean smoke) {
        return 2 * (smoke ? SMOKE_LARGE : LARGE);
    }

    @Override
    public Duration time() {
        return Duration.ofSeconds(210);
    }

    @Override
    public BenchReport measure(Workbench bench) throws DemoException, RecoveryException, IOException {
        List<Peak> small = new ArrayList<>();
        List<Peak> large = new ArrayList<>();
        for (int run = 1; bench.rounds().goesOn(run - 1); run++) {
            small.add(peak(bench, "small-" + run, bench.sized(SMALL, SMOKE_SMALL)));
            large.add(peak(bench, "large-" + run, bench.sized(LARGE, SMOKE_LARGE)));
        }
        boolean right = Stream.concat(small.stream(), large.stream()).allMatch(Peak::right);
        return bench.report(
                List.of(
                        "both hosts: " + String.join(" ", JVM) + ", every window and buffer as configured by default",
                        "the greatest resident set of each process (VmHWM); new processes for each size in each round"),
                List.of(
                        row("target, 8 GiB", large, small, Peak::target, right),
                        row("source, 8 GiB", large, small, Peak::source, right)));
    }

    private static Row row(String name, List<Peak> large, List<Peak> small, ToDoubleFunction<Peak> of, boolean right) {
        return new Row(name, "MiB", samples(large, of), "1 GiB", samples(small, of), new Aim.AtMost(FLAT), right);
    }

    private static Samples samples(List<Peak> peaks, ToDoubleFunction<Peak> of) {
        return new Samples(peaks.stream().mapToDouble(of).boxed().toList());
    }

    private static Peak peak(Workbench bench, String name, long bytes)
            throws DemoException, RecoveryException, IOException {
        Path directory = Files.createDirectory(bench.directory().resolve(name));
        RandomFile content = RandomFile.write(directory.resolve("content"), bytes, SEED);
        try (RebuildHosts hosts = RebuildHosts.start(bench, directory.resolve("hosts"), JVM, content)) {
            hosts.deleteTarget();
            Files.delete(content.path());
            VolumeHosts.Recovered rebuild = hosts.rebuild();
            Peak peak = new Peak(
                    residentMiB(hosts.source().pid()),
                    residentMiB(hosts.target().pid()),
                    hosts.isRight());
            bench.tell(
                    "%d MiB: source %.0f MiB, target %.0f MiB, %.1f s",
                    bytes >> 20, peak.source(), peak.target(), rebuild.seconds());
            return peak;
        } finally {
            RebuildHosts.delete(directory);
        }
    }

    private static double residentMiB(long pid) throws DemoException, IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
            }
        }
        throw new DemoException("the system does not tell the memory of process " + pid);
    }
}
