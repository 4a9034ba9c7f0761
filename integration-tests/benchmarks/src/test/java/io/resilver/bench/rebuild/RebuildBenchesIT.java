package io.resilver.bench.rebuild;

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

/** The comparisons of rebuilds, small, with real processes. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class RebuildBenchesIT {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private String smoke(String bench) {
        int code = Main.run(
                new Streams(
                        new ByteArrayInputStream(new byte[0]), out, new PrintStream(err, true, StandardCharsets.UTF_8)),
                "bench",
                bench,
                "--smoke",
                "--output",
                "json");
        assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isZero();
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    @DisplayName("R16, R18: a full base is installed whole, and so is what it is compared with")
    void rebuild() {
        assertThat(smoke("rebuild")).contains("\"against\":\"ideal\"", "\"against\":\"cp\"", "\"verified\":true");
    }

    @Test
    @DisplayName(
            "R17, R53: of a base that the old image has nearly all of only the rest is sent, and all of it is right")
    void unchanged() {
        assertThat(smoke("rebuild-unchanged"))
                .contains("\"name\":\"sent\",\"unit\":\"MiB\",\"ours\":2.0", "\"verified\":true");
    }

    @Test
    @DisplayName(
            "R17: after kill -9 in the middle of a rebuild only a part of the base is sent again, and all of it is right")
    void resume() {
        assertThat(smoke("resume")).contains("\"against\":\"starting-over\"", "\"verified\":true");
    }

    @Test
    @DisplayName("R51: both sides rebuild within a heap of 64 MiB and 32 MiB of direct memory")
    void memory() {
        assertThat(smoke("memory")).contains("\"name\":\"target, 8 GiB\"", "\"verified\":true");
    }
}
