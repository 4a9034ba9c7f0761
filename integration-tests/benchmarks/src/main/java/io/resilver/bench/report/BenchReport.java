package io.resilver.bench.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * What a comparison found.
 *
 * @param bench its name
 * @param machine where it ran
 * @param settings what a reader must know to judge it: how each side was set up and what it makes durable
 * @param rows a row for each comparison
 */
public record BenchReport(String bench, String machine, List<String> settings, List<Row> rows) {
    /** Copies the lists. */
    public BenchReport {
        settings = List.copyOf(settings);
        rows = List.copyOf(rows);
    }

    /**
     * Whether everything that was made was right.
     *
     * @return false when a fast copy was a wrong one
     */
    public boolean verified() {
        return rows.stream().allMatch(Row::verified);
    }

    /**
     * Writes one JSON document and the end of a line.
     *
     * @param out stays open
     */
    public void json(OutputStream out) throws IOException {
        try (JsonGenerator json =
                new JsonFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
            json.writeStartObject();
            json.writeStringField("bench", bench);
            json.writeStringField("machine", machine);
            json.writeArrayFieldStart("settings");
            for (String each : settings) {
                json.writeString(each);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("rows");
            for (Row row : rows) {
                write(json, row);
            }
            json.writeEndArray();
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    private static void write(JsonGenerator json, Row row) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", row.name());
        json.writeStringField("unit", row.unit());
        json.writeNumberField("ours", row.ours().median());
        json.writeStringField("against", row.against());
        json.writeNumberField("theirs", row.theirs().median());
        json.writeNumberField("ratio", row.ratio());
        json.writeStringField("aim", row.aim().text());
        json.writeBooleanField("reached", row.aim().reachedBy(row.ratio()));
        write(json, "runs", row.ours());
        write(json, "theirRuns", row.theirs());
        json.writeBooleanField("unstable", row.unstable());
        json.writeBooleanField("verified", row.verified());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, String name, Samples samples) throws IOException {
        json.writeArrayFieldStart(name);
        for (double each : samples.values()) {
            json.writeNumber(each);
        }
        json.writeEndArray();
    }

    /**
     * Writes a table.
     *
     * @param out stays open
     */
    public void table(OutputStream out) throws IOException {
        StringBuilder text = new StringBuilder(bench + " on " + machine + "\n");
        settings.forEach(each -> text.append("  ").append(each).append('\n'));
        text.append(String.format(
                Locale.ROOT,
                "%-22s %10s %-6s %6s  %-20s %10s %6s %8s %-8s%n",
                "median of "
                        + rows.stream()
                                .mapToInt(row -> row.ours().values().size())
                                .max()
                                .orElse(0),
                "ours",
                "",
                "spread",
                "against",
                "theirs",
                "spread",
                "ratio",
                "aim"));
        for (Row row : rows) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-22s %10.2f %-6s %5.0f%%  %-20s %10.2f %5.0f%% %8.2f %-8s%s%s%n",
                    row.name(),
                    row.ours().median(),
                    row.unit(),
                    100 * row.ours().spread(),
                    row.against(),
                    row.theirs().median(),
                    100 * row.theirs().spread(),
                    row.ratio(),
                    row.aim().text(),
                    row.unstable() ? " unstable" : "",
                    row.verified() ? "" : " WRONG CONTENT"));
        }
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }
}
