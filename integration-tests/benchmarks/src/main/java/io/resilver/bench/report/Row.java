package io.resilver.bench.report;

/**
 * One comparison.
 *
 * @param name what was done
 * @param unit of both sides
 * @param ours what Resilver took or reached, a sample a run
 * @param against with what it is compared
 * @param theirs the same runs of the other side
 * @param aim what the ratio is to reach
 * @param verified whether the content of every image that was made in every run was compared and right
 */
public record Row(String name, String unit, Samples ours, String against, Samples theirs, Aim aim, boolean verified) {
    /** What is compared with itself over runs that lie so far apart says little. */
    private static final double UNSTABLE_SPREAD = 0.25;

    /**
     * Ours by theirs, of the medians.
     *
     * @return the ratio
     */
    public double ratio() {
        return ours.median() / theirs.median();
    }

    /**
     * Whether the other side was so uneven that the ratio says little.
     *
     * @return true when its runs spread over more than a quarter of their median
     */
    public boolean unstable() {
        return theirs.spread() > UNSTABLE_SPREAD;
    }
}
