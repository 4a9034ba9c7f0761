package io.resilver.simulation.guard;

import static io.resilver.simulation.guard.Mixes.DEPOSED;
import static io.resilver.simulation.guard.Mixes.LEFT_BEHIND;
import static io.resilver.simulation.guard.Mixes.OUTDATED;
import static io.resilver.simulation.guard.Mixes.REBUILT;
import static io.resilver.simulation.guard.Mixes.SPOILED;
import static io.resilver.simulation.guard.Without.planning;

import io.resilver.simulation.host.Liberties;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.LineageElement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a replica needs. */
final class PlanGuards {
    private PlanGuards() {}

    static List<Guard> list() {
        return List.of(
                new Guard(
                        "lineage",
                        "R7",
                        "logs are compared by who wrote what, not by LSN",
                        LEFT_BEHIND,
                        planning(Plannings.BY_LSN)),
                new Guard(
                        "count-up-to-divergence",
                        "R30",
                        "R7",
                        "what a replica has counts up to where its log agrees, not up to what it has flushed",
                        LEFT_BEHIND,
                        planning(Plannings.FLUSHED_COUNTS)),
                new Guard(
                        "checkpoint-trust",
                        "R8",
                        "R16",
                        "a rebuild begins with a checkpoint only where it is trusted, and above what the replica has",
                        SPOILED,
                        planning(Plannings.ANY_CHECKPOINT)),
                new Guard(
                        "replica-committed",
                        "R33",
                        "R7",
                        "a replica that holds what the source lacks is left as it is",
                        OUTDATED,
                        planning(Plannings.OWN_COMMITTED_UNHEARD)),
                new Guard(
                        "stand-down",
                        "R33",
                        "R7",
                        "a primary that lacks what a member holds yields to it",
                        OUTDATED,
                        planning(Plannings.NEVER_YIELDS)),
                new Guard(
                        "no-member-taken-back",
                        "R30",
                        "a member of the set is not rebuilt from a base below what it shares with its source",
                        REBUILT,
                        planning(Plannings.NOBODY_COUNTS)),
                new Guard(
                        "recheck-after-pin",
                        "R9",
                        "R16",
                        "the history is read again once the pins are taken",
                        SPOILED,
                        planning(Plannings.LOOKS_ONCE)),
                new Guard(
                        "first-lsn-definition",
                        "R7",
                        "R30",
                        "an epoch's first LSN is the one after the adopted head, not its first entry's",
                        DEPOSED,
                        () -> new Liberties() {
                            private final Map<Epoch, Long> first = new HashMap<>();

                            @Override
                            public LineageElement writer(Leadership term, long entryLsn) {
                                return LineageElement.of(
                                        term.epoch(), first.computeIfAbsent(term.epoch(), epoch -> entryLsn));
                            }
                        }));
    }
}
