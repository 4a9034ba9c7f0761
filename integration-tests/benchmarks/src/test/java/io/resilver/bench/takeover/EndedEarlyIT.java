package io.resilver.bench.takeover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.bench.Main;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A comparison that is ended before its end. */
class EndedEarlyIT {
    /** A host that lost everything, ZooKeeper included, takes its time to close. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private Process bench;
    private List<ProcessHandle> children = List.of();

    /** A comparison that has both its hosts. */
    private void start() throws Exception {
        bench = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + directory,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "bench",
                        "takeover")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(new File(directory.toFile(), "bench.err"))
                .start();
        await().atMost(PATIENCE).until(() -> {
            children = bench.descendants().toList();
            return children.size() == 2;
        });
    }

    @AfterEach
    void killWhatIsLeft() {
        bench.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
    }

    private void noChildIsLeft() {
        await().atMost(PATIENCE).until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
    }

    private List<Path> left() throws Exception {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(each -> each.getFileName().toString().startsWith("resilver-bench-"))
                    .toList();
        }
    }

    @Test
    @DisplayName("Ended by SIGTERM, it kills its processes and deletes its directory")
    void ended() throws Exception {
        start();
        assertThat(left()).hasSize(1);
        bench.destroy();
        assertThat(bench.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(bench.exitValue()).as("128 + 15").isEqualTo(143);
        assertThat(children).noneMatch(ProcessHandle::isAlive);
        assertThat(left()).isEmpty();
    }

    @Test
    @DisplayName("Killed by SIGKILL, it leaves no process: each ends with its standard input")
    void killed() throws Exception {
        start();
        bench.destroyForcibly();
        noChildIsLeft();
    }
}
