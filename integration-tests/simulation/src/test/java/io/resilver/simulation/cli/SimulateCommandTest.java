package io.resilver.simulation.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.simulation.Main;
import io.resilver.simulation.guard.Guard;
import io.resilver.simulation.guard.Guards;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SimulateCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    @Test
    @DisplayName("R8: a sound seed exits with 0 and reports what was done as JSON")
    void sound() {
        assertThat(run("simulate", "--seed", "3", "--seeds", "1", "--steps", "3000", "--output", "json"))
                .isZero();
        assertThat(out.toString())
                .contains(
                        "\"schemaVersion\":1",
                        "\"seeds\":1",
                        "\"violations\":[]",
                        "\"recoveries\":{",
                        "\"ZERO_GAP\":",
                        "\"ZERO_GAP/AT_COMMITTED\":")
                .doesNotContain("seeds from");
        assertThat(err.toString()).contains("seeds from 3 on");
    }

    @Test
    @DisplayName(
            "R2: without a guard a violation is printed with its seed, its rule and a shrunk trace, and exits with 1")
    void violation() {
        assertThat(run("simulate", "--seed", "1", "--seeds", "20", "--without", "gate"))
                .isEqualTo(1);
        assertThat(out.toString()).containsPattern("seed \\d+ breaks R2").contains("OBJECTION R2");
    }

    @Test
    @DisplayName("R2: guards are listed; one that is not there, and numbers that cannot be, are wrong usage")
    void usage() {
        assertThat(run("simulate", "--list-guards")).isZero();
        for (Guard each : Guards.list()) {
            assertThat(out.toString()).contains(each.name());
        }
        assertThat(run("simulate", "--without", "nothing")).isEqualTo(2);
        assertThat(err.toString()).contains("there is no guard 'nothing'");
        assertThat(run("simulate", "--hosts", "9")).isEqualTo(2);
        assertThat(err.toString()).contains("2 to 5 hosts");
        assertThat(run("simulate", "--seeds", "0")).isEqualTo(2);
    }
}
