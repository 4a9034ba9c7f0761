package io.resilver.bench.report;

import java.util.List;

/**
 * Measurements of one thing.
 *
 * @param values at least one, in the order in which they were taken
 */
public record Samples(List<Double> values) {
    /** Copies the list. */
    public Samples {
        values = List.copyOf(values);
        if (values.isEmpty()) {
            throw new IllegalArgumentException("nothing was measured");
        }
    }

    /**
     * One measurement.
     *
     * @param value what was measured
     * @return the samples
     */
    public static Samples of(double value) {
        return new Samples(List.of(value));
    }

    /**
     * The middle one.
     *
     * @return the mean of the two in the middle where their number is even
     */
    public double median() {
        List<Double> sorted = sorted();
        int count = sorted.size();
        return (sorted.get((count - 1) / 2) + sorted.get(count / 2)) / 2;
    }

    /**
     * The greatest one.
     *
     * @return the worst of what should be small
     */
    public double worst() {
        return sorted().get(values.size() - 1);
    }

    /**
     * How far they lie apart.
     *
     * @return the greatest less the least, as a part of the median; 0 for one measurement
     */
    public double spread() {
        List<Double> sorted = sorted();
        double range = sorted.get(sorted.size() - 1) - sorted.get(0);
        return range == 0 ? 0 : range / Math.abs(median());
    }

    private List<Double> sorted() {
        return values.stream().sorted().toList();
    }
}
