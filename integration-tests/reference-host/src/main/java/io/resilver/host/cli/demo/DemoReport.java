package io.resilver.host.cli.demo;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** The result of the demo, for people or for programs. */
record DemoReport(List<PartResult> parts) {
    private static final int SCHEMA_VERSION = 1;
    private static final double MIB = 1 << 20;

    /** Copies the list. */
    DemoReport {
        parts = List.copyOf(parts);
    }

    boolean verified() {
        return !parts.isEmpty() && parts.stream().allMatch(PartResult::verified);
    }

    /** One JSON document and the end of a line. The stream stays open. */
    void json(OutputStream out) throws IOException {
        try (JsonGenerator json =
                new JsonFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
            json.writeStartObject();
            json.writeNumberField("schemaVersion", SCHEMA_VERSION);
            json.writeArrayFieldStart("parts");
            for (PartResult part : parts) {
                json.writeStartObject();
                json.writeStringField("part", part.part());
                json.writeStringField("outcome", part.outcome());
                json.writeStringField("reason", part.reason());
                json.writeNumberField("entries", part.entries());
                json.writeNumberField("bytesSent", part.bytesSent());
                json.writeNumberField("seconds", part.seconds());
                json.writeBooleanField("verified", part.verified());
                json.writeNumberField("epoch", part.epoch());
                if (part.killedAtLsn().isPresent()) {
                    json.writeNumberField("killedAtLsn", part.killedAtLsn().getAsLong());
                } else {
                    json.writeNullField("killedAtLsn");
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeBooleanField("verified", verified());
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    /** A table. The stream stays open. */
    void table(OutputStream out) throws IOException {
        String row = "%-26s %-14s %-40s %8s %12s %8s %12s  %s%n";
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT, row, "part", "outcome", "reason", "entries", "bytes sent", "time", "rate", "verified"));
        for (PartResult part : parts) {
            text.append(String.format(
                    Locale.ROOT,
                    row,
                    "(" + part.part() + ") " + part.title(),
                    part.outcome(),
                    part.reason()
                            + part.rebuildSource().map(source -> ", " + source).orElse(""),
                    part.entries(),
                    part.bytesSent(),
                    String.format(Locale.ROOT, "%.2f s", part.seconds()),
                    rate(part),
                    part.verified() ? "yes" : "NO"));
        }
        parts.stream()
                .filter(part -> part.killedAtLsn().isPresent())
                .forEach(part -> text.append(String.format(
                        Locale.ROOT,
                        "(%s) the primary was killed when LSN %d was durable at the target; epoch %d finished it%n",
                        part.part(),
                        part.killedAtLsn().getAsLong(),
                        part.epoch())));
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String rate(PartResult part) {
        return part.bytesSent() == 0
                ? "-"
                : String.format(Locale.ROOT, "%.1f MiB/s", part.bytesSent() / MIB / Math.max(part.seconds(), 1e-3));
    }
}
