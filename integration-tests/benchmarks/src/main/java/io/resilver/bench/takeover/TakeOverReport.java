package io.resilver.bench.takeover;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.resilver.bench.report.Samples;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * What was measured, for people or for programs.
 *
 * @param session the session timeout of both contenders
 * @param rows a row for each way to end
 * @param recovery what one recovery costs the ensemble
 */
record TakeOverReport(Duration session, List<Row> rows, RecoveryCost recovery) {
    private static final String AGAINST = "leader-latch";

    /** Copies the list. */
    TakeOverReport {
        rows = List.copyOf(rows);
    }

    /** One way to end. */
    record Row(Ending ending, Samples ours, Samples theirs) {
        /** Below 1 when a volume has its primary back sooner than a latch its leader. */
        double ratio() {
            return ours.median() / theirs.median();
        }
    }

    /** One JSON document and the end of a line. The stream stays open. */
    void json(OutputStream out) throws IOException {
        try (JsonGenerator json =
                new JsonFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
            json.writeStartObject();
            json.writeStringField("bench", "takeover");
            json.writeArrayFieldStart("rows");
            for (Row row : rows) {
                json.writeStartObject();
                json.writeStringField("name", row.ending().text());
                json.writeStringField("unit", "s");
                json.writeNumberField("median", row.ours().median());
                json.writeNumberField("worst", row.ours().worst());
                json.writeNumberField("sessionTimeout", seconds(session));
                json.writeStringField("against", AGAINST);
                json.writeNumberField("theirs", row.theirs().median());
                json.writeNumberField("ratio", row.ratio());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNumberField("quorumWritesPerRecovery", recovery.quorumWrites());
            json.writeNumberField("readsPerRecovery", recovery.reads());
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    /** A table. The stream stays open. */
    void table(OutputStream out) throws IOException {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT, "%-16s %10s %10s %14s %8s%n", "the leader ends", "median", "worst", AGAINST, "ratio"));
        for (Row row : rows) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-16s %8.3f s %8.3f s %12.3f s %8.2f%n",
                    row.ending().text(),
                    row.ours().median(),
                    row.ours().worst(),
                    row.theirs().median(),
                    row.ratio()));
        }
        text.append(String.format(
                Locale.ROOT,
                "session timeout %.1f s; a recovery took %.1f quorum writes and %.1f reads%n",
                seconds(session),
                recovery.quorumWrites(),
                recovery.reads()));
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static double seconds(Duration time) {
        return time.toMillis() / 1e3;
    }
}
