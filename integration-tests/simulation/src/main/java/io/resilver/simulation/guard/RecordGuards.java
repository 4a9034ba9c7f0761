package io.resilver.simulation.guard;

import static io.resilver.simulation.fault.FaultKind.RESTORED_DISK;
import static io.resilver.simulation.guard.Mixes.DISKS;
import static io.resilver.simulation.guard.Mixes.DOUBTS;
import static io.resilver.simulation.guard.Mixes.LATE;
import static io.resilver.simulation.guard.Mixes.LOSSES;
import static io.resilver.simulation.guard.Mixes.SESSIONS;
import static io.resilver.simulation.guard.Mixes.SWAPPED;
import static io.resilver.simulation.guard.Without.engine;
import static io.resilver.simulation.guard.Without.service;

import io.resilver.execution.Membership;
import io.resilver.simulation.fault.Mix;
import io.resilver.simulation.host.Liberties;
import java.util.List;
import java.util.random.RandomGenerator;

/** How the record of a volume is changed, and which disk it means. */
final class RecordGuards {
    private RecordGuards() {}

    static List<Guard> list() {
        return List.of(
                new Guard(
                        "in-sync-candidates-only",
                        "R32",
                        "R30",
                        "only a member of the set may take over",
                        LOSSES,
                        service(WeakService::memberAlways)),
                new Guard(
                        "versions",
                        "R35",
                        "R30",
                        "a change is made at the version that was read",
                        LOSSES,
                        service((real, self) -> WeakService.anyVersion(real))),
                new Guard(
                        "own-host-node",
                        "R35",
                        "a change of the record checks that the own host node is there",
                        SESSIONS,
                        service((real, self) -> WeakService.anyHost(real))),
                new Guard(
                        "no-blind-retry",
                        "R35",
                        "R30",
                        "a change whose answer was lost is not sent again over what is there",
                        DOUBTS,
                        service((real, self) -> WeakService.blindRetry(real))),
                new Guard(
                        "settle-by-change",
                        "R35",
                        "R30",
                        "a lost answer is settled by another change, never by reading",
                        LATE,
                        service((real, self) -> WeakService.settledByReading(real))),
                new Guard(
                        "store-identity",
                        "R36",
                        "R30",
                        "a disk that is replaced or restored is noticed when it is opened",
                        DISKS,
                        engine(AnyDisk::new)),
                new Guard(
                        "compare-before-raise",
                        "R36",
                        "R30",
                        "the count of openings is compared before it is raised",
                        Mix.of("disks that are restored", RESTORED_DISK),
                        engine(process -> new RaisedFirst())),
                new Guard(
                        "joins-by-store",
                        "R36",
                        "R30",
                        "a replica joins with the store and the opening that were fenced, or not at all",
                        SWAPPED,
                        () -> new Liberties() {
                            @Override
                            public Membership membership(Membership real) {
                                return new AnyStore(real);
                            }
                        }),
                new Guard(
                        "mint-id",
                        "R3",
                        "R2",
                        "a term is told from another of the same number by its mint",
                        LOSSES,
                        () -> new Liberties() {
                            @Override
                            public RandomGenerator random(RandomGenerator real) {
                                return () -> 4;
                            }
                        }));
    }
}
