package io.resilver.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The same seed is the same run: within a process, and in another one, where sets of the JDK have another order. */
class ReplayTest {
    private static final long FIRST = 1;
    private static final long LAST = 5;
    private static final long PATIENCE_SECONDS = 100;

    /** Prints what happens, so that another process can be compared with this one. */
    public static void main(String[] args) {
        System.out.print(traces());
    }

    private static String traces() {
        StringBuilder all = new StringBuilder();
        for (long seed = FIRST; seed <= LAST; seed++) {
            Outcome outcome = Simulation.run(seed, Scene.standard(), true);
            outcome.trace().forEach(line -> all.append(line).append('\n'));
            all.append(outcome.steps()).append(' ').append(outcome.recoveries()).append('\n');
        }
        return all.toString();
    }

    @Test
    @DisplayName("R5: one seed gives one trace, byte for byte, in every process")
    void sameSeedSameTrace() throws IOException, InterruptedException {
        Process other = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ReplayTest.class.getName()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            String there = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(other.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(there).hasLineCount((int) traces().lines().count()).isEqualTo(traces());
        } finally {
            other.destroyForcibly();
        }
    }
}
