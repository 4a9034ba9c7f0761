package io.resilver.bench.foreground;

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

/** The comparison of a writer alone with the same beside a recovery, with real processes. */
class ForegroundIT {
    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    @DisplayName(
            "R17, R19: a catch-up and a rebuild beside a writer are measured, and all three images are the same after each")
    void small() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(
                new Streams(
                        new ByteArrayInputStream(new byte[0]), out, new PrintStream(err, true, StandardCharsets.UTF_8)),
                "bench",
                "foreground",
                "--smoke",
                "--output",
                "json");
        assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("\"catchup p99\"", "\"rebuild p99\"", "\"throttle catchup\"", "\"throttle rebuild\"")
                .doesNotContain("\"verified\":false");
    }
}
