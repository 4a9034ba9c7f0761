package io.resilver.bench.many;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.bench.Main;
import io.resilver.host.cli.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The comparison of many replicas with one stream, small, with real processes. */
class ManyBenchIT {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    @DisplayName(
            "R40, R11: every replica gets every entry, and no more threads work for many of them than for one stream")
    void smoke() {
        int code = Main.run(
                new Streams(
                        new ByteArrayInputStream(new byte[0]), out, new PrintStream(err, true, StandardCharsets.UTF_8)),
                "bench",
                "many",
                "--smoke",
                "--output",
                "json");
        assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("\"50 replicas, 5000 entries\"", "\"verified\":true")
                .contains("\"threads of both hosts, at most\"")
                .doesNotContain("\"verified\":false");
    }
}
