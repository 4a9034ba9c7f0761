package io.resilver.simulation;

import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.Reason;
import java.util.Comparator;

/**
 * What a recovery did that ended well, and why.
 *
 * @param outcome what
 * @param reason why
 */
public record Recovered(Outcome outcome, Reason reason) implements Comparable<Recovered> {
    @Override
    public int compareTo(Recovered other) {
        return Comparator.comparing(Recovered::outcome)
                .thenComparing(Recovered::reason)
                .compare(this, other);
    }

    @Override
    public String toString() {
        return outcome + "/" + reason;
    }
}
