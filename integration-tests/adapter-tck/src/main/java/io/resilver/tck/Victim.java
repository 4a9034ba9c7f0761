package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A process that works in a directory, reports what it has done, and is killed while it goes on. */
final class Victim {
    /** More than any engine takes to open and to do a few things; one that takes longer has failed the test. */
    private static final int PATIENCE_SECONDS = 60;

    /** Each work has reported so often at least, or a random number of times less. */
    private static final int MOST_REPORTS = 8;

    private Victim() {}

    /**
     * Starts the process, and kills it once each work has reported some times. The engine is closed here meanwhile.
     *
     * @return everything that it reported before it died
     */
    static List<String> killed(TckBench bench, Set<CrashWork.Kind> kinds) throws Exception {
        Map<CrashWork.Kind, Integer> waitedFor = new EnumMap<>(CrashWork.Kind.class);
        kinds.forEach(kind -> waitedFor.put(kind, 1 + bench.random().nextInt(MOST_REPORTS)));
        Path errors = bench.root().resolve("victim.err");
        Process process = new ProcessBuilder(command(bench, kinds))
                .redirectError(errors.toFile())
                .start();
        ProcessHandle handle = process.toHandle(); // unlike the process itself it leaves what is still to be read
        List<String> reported = new ArrayList<>();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .execute(handle::destroyForcibly);
            Optional<String> line = next(lines);
            while (line.isPresent()) {
                String report = line.get();
                reported.add(report);
                waitedFor.replaceAll((kind, left) -> report.startsWith(kind + " ") ? left - 1 : left);
                if (waitedFor.values().stream().allMatch(left -> left <= 0)) {
                    handle.destroyForcibly();
                }
                line = next(lines);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertTrue(
                waitedFor.values().stream().allMatch(left -> left <= 0),
                "the process ended by itself, or stood still, after " + reported + ": " + Files.readString(errors));
        return reported;
    }

    private static List<String> command(TckBench bench, Set<CrashWork.Kind> kinds) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m"));
        command.addAll(bench.fixture().processOptions());
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                CrashWork.class.getName(),
                bench.fixture().getClass().getName(),
                bench.root().toString(),
                String.valueOf(bench.random().nextLong()),
                kinds.stream().map(Enum::name).collect(Collectors.joining(","))));
        return command;
    }

    /** A whole report; what a dying process leaves half written is none. Others may write to the same stream. */
    private static Optional<String> next(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        while (line != null && !(line.startsWith(CrashWork.BEGIN) && line.endsWith(CrashWork.END))) {
            line = lines.readLine();
        }
        return Optional.ofNullable(line)
                .map(whole -> whole.substring(CrashWork.BEGIN.length(), whole.length() - CrashWork.END.length()));
    }
}
