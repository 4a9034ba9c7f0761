package io.resilver.simulation;

import io.resilver.simulation.check.Objection;
import java.util.Set;
import java.util.TreeSet;

/** Finds a run with fewer faults that breaks the same rule under the same seed. */
public final class Shrinking {
    /** Runs until what is found so far must do: some faults only matter together. */
    private static final int MOST_RUNS = 80;

    private final long seed;
    private final String rule;
    private int runs;

    private Shrinking(long seed, String rule) {
        this.seed = seed;
        this.rule = rule;
    }

    /**
     * Leaves out what does not matter.
     *
     * @param scene of a run that was objected to
     * @param found what came of it
     * @return the scene with fewer faults; the same seed breaks the same rule in it
     */
    public static Scene shrink(Scene scene, Outcome found) {
        String rule = found.objection().map(Objection::rule).orElseThrow();
        return new Shrinking(found.seed(), rule).shrink(scene, found.begun());
    }

    private Scene shrink(Scene scene, int faults) {
        Set<Integer> left = new TreeSet<>(scene.omitted());
        for (int size = Math.max(1, faults / 2); size >= 1; size /= 2) {
            for (int from = 0; from < faults && runs < MOST_RUNS; from += size) {
                Set<Integer> fewer = new TreeSet<>(left);
                for (int i = from; i < Math.min(faults, from + size); i++) {
                    fewer.add(i);
                }
                if (fewer.size() > left.size() && breaksTheSame(scene.without(fewer))) {
                    left = fewer;
                }
            }
        }
        return scene.without(left);
    }

    private boolean breaksTheSame(Scene scene) {
        runs++;
        return Simulation.run(seed, scene, false)
                .objection()
                .filter(each -> each.rule().equals(rule))
                .isPresent();
    }
}
