package io.resilver.bench.takeover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.bench.report.Samples;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a program reads of the comparison of take-overs. */
class TakeOverReportTest {
    private static final TakeOverReport REPORT = new TakeOverReport(
            Duration.ofSeconds(4),
            List.of(new TakeOverReport.Row(
                    Ending.CRASH, new Samples(List.of(0.5, 0.25, 0.125)), new Samples(List.of(4.0, 5.0)))),
            new RecoveryCost(2, 3.5));

    @Test
    @DisplayName("The JSON names each case with its median, worst, session timeout, the other's median and the ratio")
    void json() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        REPORT.json(out);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"bench\":\"takeover\",\"rows\":[{\"name\":\"crash\",\"unit\":\"s\",\"median\":0.25,"
                                + "\"worst\":0.5,\"sessionTimeout\":4.0,\"against\":\"leader-latch\",\"theirs\":4.5,"
                                + "\"ratio\":0.05555555555555555}],\"quorumWritesPerRecovery\":2.0,\"readsPerRecovery\":3.5}\n");
    }

    @Test
    @DisplayName("The table says the same for people")
    void table() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        REPORT.table(out);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("crash", "0.250 s", "0.500 s", "4.500 s", "0.06", "2.0 quorum writes", "3.5 reads");
    }

    @Test
    @DisplayName("The median of an even number is the mean of the two in the middle; of nothing there is none")
    void median() {
        assertThat(new Samples(List.of(4.0, 1.0, 3.0, 2.0)).median()).isEqualTo(2.5);
        assertThat(new Samples(List.of(3.0)).median()).isEqualTo(3.0);
        assertThatThrownBy(() -> new Samples(List.of())).isInstanceOf(IllegalArgumentException.class);
    }
}
