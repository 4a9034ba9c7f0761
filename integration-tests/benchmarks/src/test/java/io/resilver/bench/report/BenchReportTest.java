package io.resilver.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a comparison says to programs and to people. */
class BenchReportTest {
    private static final Samples EVEN = new Samples(List.of(100.0, 110.0, 90.0));
    private static final Samples UNEVEN = new Samples(List.of(100.0, 140.0, 60.0));

    private static BenchReport report(Samples theirs, Aim aim, boolean verified) {
        return new BenchReport(
                "catchup",
                "a machine",
                List.of("a setting"),
                List.of(new Row(
                        "100 entries",
                        "MB/s",
                        new Samples(List.of(80.0, 95.0, 90.0)),
                        "ideal",
                        theirs,
                        aim,
                        verified)));
    }

    private static String written(Writing writing) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writing.to(out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private interface Writing {
        void to(ByteArrayOutputStream out) throws IOException;
    }

    @Test
    @DisplayName("The ratio is that of the medians, and the document has every run of both sides")
    void document() throws IOException {
        assertThat(written(report(EVEN, new Aim.AtLeast(0.85), true)::json))
                .isEqualTo("{\"bench\":\"catchup\",\"machine\":\"a machine\",\"settings\":[\"a setting\"],\"rows\":["
                        + "{\"name\":\"100 entries\",\"unit\":\"MB/s\",\"ours\":90.0,\"against\":\"ideal\","
                        + "\"theirs\":100.0,\"ratio\":0.9,\"aim\":\">= 0.85\",\"reached\":true,"
                        + "\"runs\":[80.0,95.0,90.0],\"theirRuns\":[100.0,110.0,90.0],"
                        + "\"unstable\":false,\"verified\":true}]}\n");
    }

    @Test
    @DisplayName("A row whose other side spreads over more than a quarter is marked as unstable")
    void unstable() throws IOException {
        assertThat(written(report(UNEVEN, new Aim.None(), true)::json)).contains("\"unstable\":true");
        assertThat(written(report(UNEVEN, new Aim.None(), true)::table)).contains(" unstable");
        assertThat(written(report(EVEN, new Aim.None(), true)::table)).doesNotContain("unstable");
    }

    @Test
    @DisplayName("An aim is a bound of the ratio on one side, which the bound itself still reaches")
    void aims() {
        assertThat(new Aim.AtLeast(0.85).reachedBy(0.85)).isTrue();
        assertThat(new Aim.AtLeast(0.85).reachedBy(0.84)).isFalse();
        assertThat(new Aim.AtMost(1.5).reachedBy(1.5)).isTrue();
        assertThat(new Aim.AtMost(1.5).reachedBy(1.51)).isFalse();
    }

    @Test
    @DisplayName("A fast wrong copy is worthless: the report says so, and is not verified")
    void wrongContent() throws IOException {
        BenchReport wrong = report(EVEN, new Aim.None(), false);
        assertThat(wrong.verified()).isFalse();
        assertThat(written(wrong::json)).contains("\"verified\":false");
        assertThat(written(wrong::table)).contains("WRONG CONTENT");
    }

    @Test
    @DisplayName("The median of an even number of runs is the mean of the two in the middle")
    void median() {
        assertThat(new Samples(List.of(4.0, 1.0, 3.0, 2.0)).median()).isEqualTo(2.5);
        assertThat(Samples.of(7).spread()).isZero();
    }

    @Test
    @DisplayName("A rate that is to be held is missed above as well as below")
    void within() {
        Aim held = new Aim.Within(0.95, 1.05);
        assertThat(held.reachedBy(0.949)).isFalse();
        assertThat(held.reachedBy(0.95)).isTrue();
        assertThat(held.reachedBy(1.05)).isTrue();
        assertThat(held.reachedBy(1.051)).isFalse();
        assertThat(held.text()).isEqualTo("0.95-1.05");
    }
}
