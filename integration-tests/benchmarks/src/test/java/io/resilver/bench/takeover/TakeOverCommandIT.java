package io.resilver.bench.takeover;

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

/** The comparison of take-overs, with real processes. */
class TakeOverCommandIT {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... args) {
        return Main.run(
                new Streams(
                        new ByteArrayInputStream(new byte[0]), out, new PrintStream(err, true, StandardCharsets.UTF_8)),
                args);
    }

    @Test
    @Timeout(value = 4, unit = TimeUnit.MINUTES)
    @DisplayName("R39, R40: every case is measured, and a fault-free recovery takes two quorum writes")
    void everyCase() {
        assertThat(run("bench", "takeover", "--runs", "1", "--session-timeout-ms", "2000", "--output", "json"))
                .as(err.toString(StandardCharsets.UTF_8))
                .isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("\"graceful\"", "\"crash\"", "\"silent\"", "\"zookeeper-only\"")
                .contains("\"quorumWritesPerRecovery\":2.0");
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("takeover: leader latch, zookeeper-only, run 1 of 1");
    }

    @Test
    @DisplayName("A number out of range is named, with its range, and nothing is measured")
    void outOfRange() {
        assertThat(run("bench", "takeover", "--runs", "0")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("--runs is 0, not 1 to 1000");
        assertThat(out.size()).isZero();
    }
}
