package io.resilver.bench.report;

import java.util.Locale;

/** What a ratio, ours by theirs, is to reach. */
public sealed interface Aim {
    /** Nothing: the figure is told for orientation. */
    record None() implements Aim {}

    /**
     * At least so much.
     *
     * @param ratio the least that is right
     */
    record AtLeast(double ratio) implements Aim {}

    /**
     * At most so much.
     *
     * @param ratio the most that is right
     */
    record AtMost(double ratio) implements Aim {}

    /**
     * Neither less nor more than so much.
     *
     * @param least the least that is right
     * @param most the most that is right
     */
    record Within(double least, double most) implements Aim {}

    /**
     * Whether a ratio reaches it.
     *
     * @param ratio ours by theirs
     * @return true where there is no aim
     */
    default boolean reachedBy(double ratio) {
        if (this instanceof AtLeast least) {
            return ratio >= least.ratio();
        }
        if (this instanceof Within within) {
            return ratio >= within.least() && ratio <= within.most();
        }
        return !(this instanceof AtMost most) || ratio <= most.ratio();
    }

    /**
     * For people.
     *
     * @return a few characters, none where there is no aim
     */
    default String text() {
        if (this instanceof AtLeast least) {
            return String.format(Locale.ROOT, ">= %.2f", least.ratio());
        }
        if (this instanceof Within within) {
            return String.format(Locale.ROOT, "%.2f-%.2f", within.least(), within.most());
        }
        return this instanceof AtMost most ? String.format(Locale.ROOT, "<= %.2f", most.ratio()) : "";
    }
}
