package io.resilver.tck;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The processes that were killed in one run of the tests, each once, when a test first asks. For one thread. */
final class Scenes {
    /** Makes the bench of the next one. */
    interface Benches {
        TckBench make() throws IOException;
    }

    private final Benches benches;
    private final List<Scene> scenes = new ArrayList<>();
    private final List<TckBench> made = new ArrayList<>();

    Scenes(Benches benches) {
        this.benches = benches;
    }

    /** One of the scenes, by its number from 0 on. */
    Scene get(int round) throws Exception {
        while (scenes.size() <= round) {
            TckBench bench = benches.make();
            made.add(bench);
            scenes.add(Scene.make(bench));
        }
        return scenes.get(round);
    }

    /** Removes what they left. */
    void end() throws Exception {
        for (TckBench bench : made) {
            bench.end();
        }
    }
}
