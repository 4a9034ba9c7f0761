package io.resilver.engine;

import io.resilver.spi.plan.Decision;

/** The planner's answer. */
public sealed interface Planned {
    /**
     * The facts fit together, and this follows from them.
     *
     * @param decision outcome and proof
     */
    record Decided(Decision decision) implements Planned {}

    /**
     * The facts contradict each other: whoever reported them is broken, and nothing may be changed on their word.
     *
     * @param field the first field that is wrong, such as {@code history.tailLsn}
     * @param message what is wrong with it, for people
     */
    record Inconsistent(String field, String message) implements Planned {}
}
