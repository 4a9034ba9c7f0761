package io.resilver.simulation.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.resilver.simulation.Outcome;
import io.resilver.simulation.Recovered;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What came of all seeds. */
final class Report {
    private static final int SCHEMA = 1;
    private static final double NANOS = 1e9;

    private final Map<Recovered, Long> recoveries = new TreeMap<>();
    private final Map<String, Long> faults = new TreeMap<>();
    private final List<Violation> violations = new ArrayList<>();
    private long seeds;
    private long steps;
    private long idle;
    private long acknowledged;
    private long simulatedNanos;
    private long tookNanos;

    void add(Outcome outcome) {
        seeds++;
        steps += outcome.steps();
        idle += outcome.idleSteps();
        acknowledged += outcome.acknowledged();
        simulatedNanos += outcome.simulatedNanos();
        outcome.recoveries().forEach((each, count) -> recoveries.merge(each, count, Long::sum));
        outcome.faults().forEach((each, count) -> faults.merge(each.label(), count, Long::sum));
    }

    void add(Violation violation) {
        violations.add(violation);
    }

    void took(long nanos) {
        tookNanos = nanos;
    }

    List<Violation> violations() {
        return violations;
    }

    private double perSecond(long count) {
        return tookNanos == 0 ? 0 : count * NANOS / tookNanos;
    }

    private long recovered() {
        return recoveries.values().stream().mapToLong(Long::longValue).sum();
    }

    private double idleShare() {
        return steps == 0 ? 0 : (double) idle / steps;
    }

    String json() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField("schemaVersion", SCHEMA);
            json.writeNumberField("seeds", seeds);
            json.writeNumberField("steps", steps);
            json.writeNumberField("idleShare", idleShare());
            json.writeNumberField("stepsPerSecond", Math.round(perSecond(steps)));
            json.writeNumberField("recoveriesPerSecond", perSecond(recovered()));
            json.writeNumberField("acknowledged", acknowledged);
            json.writeNumberField("simulatedSeconds", simulatedNanos / NANOS);
            counts(json, "recoveries", byOutcome());
            counts(json, "recoveriesByReason", recoveries);
            counts(json, "faults", faults);
            json.writeArrayFieldStart("violations");
            for (Violation each : violations) {
                json.writeStartObject();
                json.writeNumberField("seed", each.seed());
                json.writeStringField("rule", each.rule());
                json.writeStringField("trace", each.trace());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // it writes to memory
        }
        return text.toString();
    }

    /** Without the reasons. */
    private Map<String, Long> byOutcome() {
        Map<String, Long> outcomes = new TreeMap<>();
        recoveries.forEach((each, count) -> outcomes.merge(each.outcome().name(), count, Long::sum));
        return outcomes;
    }

    private static void counts(JsonGenerator json, String name, Map<?, Long> counts) throws IOException {
        json.writeObjectFieldStart(name);
        for (Map.Entry<?, Long> each : counts.entrySet()) {
            json.writeNumberField(each.getKey().toString(), each.getValue());
        }
        json.writeEndObject();
    }

    void print(PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%d seeds, %,d steps (%.0f %% idle), %,d a second; %,.0f s of the hosts' time%n",
                seeds,
                steps,
                100 * idleShare(),
                Math.round(perSecond(steps)),
                simulatedNanos / NANOS);
        out.printf(
                Locale.ROOT,
                "%,d writes acknowledged, %,d recoveries (%,.0f a second): %s%n",
                acknowledged,
                recovered(),
                perSecond(recovered()),
                recoveries);
        out.printf(Locale.ROOT, "faults: %s%n", faults);
        for (Violation each : violations) {
            out.printf(Locale.ROOT, "%nseed %d breaks %s%n%s%n", each.seed(), each.rule(), each.trace());
        }
        out.printf(Locale.ROOT, "%s%n", violations.isEmpty() ? "no violation" : violations.size() + " violations");
    }
}
