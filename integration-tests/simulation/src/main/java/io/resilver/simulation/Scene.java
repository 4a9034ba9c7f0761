package io.resilver.simulation;

import io.resilver.simulation.fault.Mix;
import io.resilver.simulation.host.Liberties;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What one run is made of, but for its seed.
 *
 * @param hosts two to five machines
 * @param replicas of each volume, at most one a host
 * @param volumes how many volumes
 * @param steps after so many steps nothing goes wrong any more, and everything must come back
 * @param mix how often what goes wrong
 * @param liberties what each process does otherwise than it should
 * @param omitted the numbers of faults that are left out
 */
public record Scene(
        int hosts,
        int replicas,
        int volumes,
        long steps,
        Mix mix,
        Supplier<Liberties> liberties,
        Set<Integer> omitted) {
    /** The most machines: more are not different, only slower. */
    public static final int MOST_HOSTS = 5;

    /** Checks the numbers. */
    public Scene {
        if (hosts < 2 || hosts > MOST_HOSTS || replicas < 1 || replicas > hosts || volumes < 1 || steps < 1) {
            throw new IllegalArgumentException("2 to " + MOST_HOSTS + " hosts, 1 replica to one a host, at least 1"
                    + " volume and 1 step: not " + hosts + " hosts, " + replicas + " replicas, " + volumes
                    + " volumes, " + steps + " steps");
        }
        omitted = Set.copyOf(omitted);
    }

    /**
     * Three machines, two volumes with three replicas each, and everything that can go wrong.
     *
     * @return the default
     */
    public static Scene standard() {
        return new Scene(3, 3, 2, 10_000, Mix.everything(), () -> Liberties.NONE, Set.of());
    }

    /**
     * Two machines with one volume, for what takes long to show.
     *
     * @return the smallest scene that recovers anything
     */
    public static Scene small() {
        return new Scene(2, 2, 1, 10_000, Mix.everything(), () -> Liberties.NONE, Set.of());
    }

    /**
     * The same with other faults.
     *
     * @param other how often what goes wrong
     * @return a copy
     */
    public Scene with(Mix other) {
        return new Scene(hosts, replicas, volumes, steps, other, liberties, omitted);
    }

    /**
     * The same with other processes.
     *
     * @param other what each does otherwise than it should
     * @return a copy
     */
    public Scene with(Supplier<Liberties> other) {
        return new Scene(hosts, replicas, volumes, steps, mix, other, omitted);
    }

    /**
     * The same with fewer faults.
     *
     * @param left the numbers of those that are left out
     * @return a copy
     */
    public Scene without(Set<Integer> left) {
        return new Scene(hosts, replicas, volumes, steps, mix, liberties, left);
    }
}
