package io.resilver.simulation.guard;

import io.resilver.simulation.Scene;
import io.resilver.simulation.fault.Mix;
import io.resilver.simulation.host.Liberties;
import java.util.function.Supplier;

/**
 * One guard, and how to do without it.
 *
 * @param name for the command line
 * @param rule which it serves
 * @param objection the rule that a checker sees broken for lack of it: not always its own, since most rules are there so that
 *     another is kept
 * @param does what it does, for people
 * @param scene where it matters, with the faults that make it matter
 * @param without what a process is like without it; one a process
 */
public record Guard(String name, String rule, String objection, String does, Scene scene, Supplier<Liberties> without) {
    /**
     * A guard that matters in the standard scene.
     *
     * @param name for the command line
     * @param rule which it serves
     * @param objection the rule that a checker sees broken for lack of it
     * @param does what it does, for people
     * @param mix the faults that make it matter
     * @param without what a process is like without it; one a process
     */
    public Guard(String name, String rule, String objection, String does, Mix mix, Supplier<Liberties> without) {
        this(name, rule, objection, does, Scene.standard().with(mix), without);
    }

    /**
     * A guard that matters in the standard scene, and without which its own rule is seen broken.
     *
     * @param name for the command line
     * @param rule which it serves
     * @param does what it does, for people
     * @param mix the faults that make it matter
     * @param without what a process is like without it; one a process
     */
    public Guard(String name, String rule, String does, Mix mix, Supplier<Liberties> without) {
        this(name, rule, rule, does, mix, without);
    }
}
