package io.resilver.bench.catchup;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.bench.Main;
import io.resilver.host.cli.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The comparisons of catch-ups, small, with all their processes. */
class CatchUpBenchIT {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    Path directory;

    @Timeout(value = 4, unit = TimeUnit.MINUTES)
    @ParameterizedTest(name = "{0}: every side ends with the same content, and nothing is left on the disk")
    @ValueSource(strings = {"catchup", "catchup-small"})
    void small(String bench) throws Exception {
        int code = Main.run(
                new Streams(
                        new ByteArrayInputStream(new byte[0]), out, new PrintStream(err, true, StandardCharsets.UTF_8)),
                "bench",
                bench,
                "--smoke",
                "--directory",
                directory.toString(),
                "--output",
                "json");
        assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("\"bench\":\"" + bench + "\"", "\"ideal\"", "\"ratis-streaming\"", "\"ratis-restart\"")
                .contains("\"verified\":true")
                .doesNotContain("\"verified\":false");
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }
}
