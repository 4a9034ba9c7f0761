package io.resilver.simulation.check;

/**
 * Something is not as it must be.
 *
 * @param rule the rule that was broken
 * @param what for people
 */
public record Objection(String rule, String what) {
    @Override
    public String toString() {
        return rule + ": " + what;
    }
}
