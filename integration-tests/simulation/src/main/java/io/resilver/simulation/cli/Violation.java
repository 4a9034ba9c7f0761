package io.resilver.simulation.cli;

import io.resilver.simulation.Outcome;
import io.resilver.simulation.Scene;
import io.resilver.simulation.Shrinking;
import io.resilver.simulation.Simulation;
import io.resilver.simulation.check.Objection;
import java.util.ArrayList;
import java.util.List;

/**
 * A run that was objected to, as a person wants to see it.
 *
 * @param seed of the run
 * @param rule that was broken
 * @param trace the fewest faults that were found to lead there, and what happened last
 */
record Violation(long seed, String rule, String trace) {
    private static final int LAST_LINES = 60;

    static Violation of(Scene scene, Outcome found) {
        Scene shrunk = Shrinking.shrink(scene, found);
        Outcome again = Simulation.run(found.seed(), shrunk, true);
        Objection objection = again.objection().orElseThrow();
        return new Violation(found.seed(), objection.rule(), readable(again.trace()));
    }

    /** All faults and the last of everything: what is between is mostly what is always so. */
    private static String readable(List<String> trace) {
        int end = trace.size();
        for (int i = 0; i < trace.size(); i++) {
            if (trace.get(i).contains("OBJECTION")) {
                end = i + 1;
                break;
            }
        }
        int from = Math.max(0, end - LAST_LINES);
        List<String> lines = new ArrayList<>();
        for (String each : trace.subList(0, from)) {
            if (each.contains(": fault ")) {
                lines.add(each);
            }
        }
        if (from > 0) {
            lines.add("...");
        }
        lines.addAll(trace.subList(from, end));
        return String.join("\n", lines);
    }
}
