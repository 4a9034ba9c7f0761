package io.resilver.simulation.guard;

import static io.resilver.simulation.guard.Mixes.FLUSHES;
import static io.resilver.simulation.guard.Mixes.PUT_BACK;
import static io.resilver.simulation.guard.Mixes.REBUILDS;
import static io.resilver.simulation.guard.Mixes.ROT;
import static io.resilver.simulation.guard.Without.engine;

import io.resilver.simulation.disk.Rules;
import java.util.List;

/** What a storage engine and the host in front of it owe to what was acknowledged. */
final class StoreGuards {
    private StoreGuards() {}

    static List<Guard> list() {
        return List.of(
                new Guard(
                        "durable-promise",
                        "R2",
                        "a promise is durable before it is given",
                        PUT_BACK,
                        engine(process -> new Rules() {
                            @Override
                            public boolean promisesDurably() {
                                return false;
                            }
                        })),
                new Guard(
                        "failed-flush",
                        "R11",
                        "after a flush that failed a store takes nothing until it is opened again",
                        FLUSHES,
                        engine(process -> new Rules() {
                            @Override
                            public boolean stopsAfterAFailedFlush() {
                                return false;
                            }
                        })),
                new Guard(
                        "base-verified",
                        "R17",
                        "R16",
                        "all of a base is read back from the disk and compared before it is installed",
                        ROT,
                        engine(process -> new Rules() {
                            @Override
                            public boolean readsBack() {
                                return false;
                            }
                        })),
                new Guard(
                        "staged-install",
                        "R16",
                        "a base is received beside the old content",
                        REBUILDS,
                        engine(process -> new Rules() {
                            @Override
                            public boolean stages() {
                                return false;
                            }
                        })));
    }
}
