package io.resilver.bench.takeover;

import java.util.List;

/** Measurements of one thing, at least one. */
record Samples(List<Double> seconds) {
    /** Copies the list. */
    Samples {
        seconds = seconds.stream().sorted().toList();
        if (seconds.isEmpty()) {
            throw new IllegalArgumentException("nothing was measured");
        }
    }

    /** The middle one, or the mean of the two in the middle. */
    double median() {
        int count = seconds.size();
        return (seconds.get((count - 1) / 2) + seconds.get(count / 2)) / 2;
    }

    double worst() {
        return seconds.get(seconds.size() - 1);
    }
}
