package io.resilver.host.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Exit codes of the program: 0 done, 1 failed, 2 wrong usage; standard output has answers only. */
class MainTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void helpAndVersionAreAnsweredOnStandardOutput() {
        assertThat(run("--help")).isZero();
        assertThat(text(out)).contains("resilver", "demo", "serve", "explain");
        assertThat(run("explain", "--help")).isZero();
        assertThat(text(out)).contains("Reads JSON lines");
        assertThat(run("--version")).isZero();
        assertThat(text(out)).startsWith("resilver ");
        assertThat(text(err)).isEmpty();
    }

    @Test
    void wrongUsageExitsWith2AndLeavesStandardOutputEmpty() {
        for (String[] args : new String[][] {
            {},
            {"explode"},
            {"--nope"},
            {"explain", "--nope"},
            {"explain", "more"},
            {"serve"},
            {"demo", "--output", "xml"},
            {"demo", "--input", "/no/such/file"}
        }) {
            assertThat(run(args)).as(String.join(" ", args)).isEqualTo(2);
            assertThat(text(out)).isEmpty();
            assertThat(text(err))
                    .containsAnyOf("Usage: resilver", "--config", "--output", "Did you mean: resilver explain");
        }
    }

    @Test
    void nobodyReadingStandardOutputIsAFailureWithoutAStackTrace() {
        OutputStream closed = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        byte[] line = "{}\n".getBytes(StandardCharsets.UTF_8);
        int code = Main.run(
                new Streams(new ByteArrayInputStream(line), closed, new PrintStream(err, true, StandardCharsets.UTF_8)),
                "explain");
        assertThat(code).isEqualTo(1);
        assertThat(text(err)).contains("resilver explain: ", "Broken pipe").doesNotContain("\tat ");
    }

    private int run(String... args) {
        out.reset();
        err.reset();
        return Main.run(
                new Streams(
                        new ByteArrayInputStream(new byte[0]), out, new PrintStream(err, true, StandardCharsets.UTF_8)),
                args);
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
