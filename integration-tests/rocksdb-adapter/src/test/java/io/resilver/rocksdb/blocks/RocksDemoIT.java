package io.resilver.rocksdb.blocks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo over RocksDB, from the packaged program. */
class RocksDemoIT {
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    @TempDir
    Path directory;

    private Process demo;

    @AfterEach
    void end() {
        demo.destroyForcibly();
    }

    private int run(String... options) throws IOException, InterruptedException {
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Djava.io.tmpdir=" + temporary,
                "-jar",
                System.getProperty("resilver.rocksdb.jar", ""),
                "demo"));
        command.addAll(List.of(options));
        demo = new ProcessBuilder(command)
                .redirectOutput(directory.resolve("out").toFile())
                .redirectError(directory.resolve("err").toFile())
                .start();
        assertThat(demo.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
        try (Stream<Path> left = Files.list(temporary)) {
            assertThat(left).as("what it left").isEmpty();
        }
        return demo.exitValue();
    }

    private String said(String stream) throws IOException {
        return Files.readString(directory.resolve(stream));
    }

    private List<String> all(String field) throws IOException {
        return Pattern.compile("\"" + field + "\":\"?([A-Za-z_]+)")
                .matcher(said("out"))
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
    }

    @Test
    @DisplayName(
            "R15 R16 R19 R30 to R33: the whole story; what cannot be cut off is rebuilt, and every key is compared")
    void tellsTheStory() throws Exception {
        Path input = Files.write(directory.resolve("input"), new byte[1]);
        int exit = run("--adapter", "rocksdb", "--input", input.toString(), "--output", "json");
        assertThat(exit).as(said("err")).isZero();
        assertThat(all("outcome"))
                .containsExactly("ZERO_GAP", "CATCH_UP", "NEEDS_REBUILD", "NEEDS_REBUILD", "CATCH_UP", "NEEDS_REBUILD");
        assertThat(all("reason"))
                .containsExactly(
                        "AT_COMMITTED",
                        "GAP_WITHIN_RETENTION",
                        "GAP_BEYOND_RETENTION",
                        "GAP_BEYOND_RETENTION",
                        "GAP_WITHIN_RETENTION",
                        "TRUNCATION_UNSAFE");
        assertThat(all("verified")).hasSize(7).containsOnly("true");
    }

    @Test
    void anEngineThatIsNotThereIsNamedBesideThoseThatAre() throws Exception {
        assertThat(run("--adapter", "nonsense")).as(said("err")).isEqualTo(2);
        assertThat(said("err")).contains("nonsense", "file, rocksdb");
    }
}
