package io.resilver.simulation.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All guards that can be taken away. */
public final class Guards {
    private static final List<Guard> ALL = all();

    private Guards() {}

    /**
     * All of them.
     *
     * @return in a fixed order
     */
    public static List<Guard> list() {
        return ALL;
    }

    /**
     * One of them.
     *
     * @param name its name
     * @return empty where there is none of that name
     */
    public static Optional<Guard> named(String name) {
        return ALL.stream().filter(each -> each.name().equals(name)).findFirst();
    }

    private static List<Guard> all() {
        List<Guard> guards = new ArrayList<>();
        guards.addAll(GateGuards.list());
        guards.addAll(SetGuards.list());
        guards.addAll(RecordGuards.list());
        guards.addAll(PlanGuards.list());
        guards.addAll(StoreGuards.list());
        return List.copyOf(guards);
    }
}
