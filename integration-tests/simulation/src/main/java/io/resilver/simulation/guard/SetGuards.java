package io.resilver.simulation.guard;

import static io.resilver.simulation.guard.Mixes.BUSY;
import static io.resilver.simulation.guard.Mixes.DOUBTS;
import static io.resilver.simulation.guard.Mixes.LOSSES;
import static io.resilver.simulation.guard.Mixes.SIZES;
import static io.resilver.simulation.guard.Without.connector;
import static io.resilver.simulation.guard.Without.counting;

import io.resilver.execution.Counting;
import io.resilver.execution.Membership;
import io.resilver.simulation.Scene;
import io.resilver.simulation.host.Liberties;
import io.resilver.spi.model.ReplicaId;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Who must have what is acknowledged. */
final class SetGuards {
    private SetGuards() {}

    static List<Guard> list() {
        return List.of(
                new Guard(
                        "shrink-before-ack",
                        "R31",
                        "R30",
                        "nothing is acknowledged without a member before the record has removed it",
                        LOSSES,
                        () -> new Liberties() {
                            @Override
                            public Membership membership(Membership real) {
                                return new ImpatientMembership(real);
                            }
                        }),
                new Guard(
                        "larger-set-counts",
                        "R31",
                        "R30",
                        "a joiner is required whether or not the answer came",
                        DOUBTS,
                        () -> new Liberties() {
                            @Override
                            public Membership membership(Membership real) {
                                return new HastyMembership(real);
                            }
                        }),
                new Guard(
                        "least-in-sync",
                        "R41",
                        "nothing is committed in fewer members than the record says",
                        SIZES,
                        () -> new Liberties() {
                            @Override
                            public Membership membership(Membership real) {
                                return new AnyNumber(real);
                            }
                        }),
                new Guard(
                        "every-member",
                        "R30",
                        "an entry is committed once every member has it, not most of them",
                        LOSSES,
                        counting(new Counting() {
                            @Override
                            public Set<ReplicaId> required(
                                    ReplicaId self,
                                    Set<ReplicaId> members,
                                    Set<ReplicaId> held,
                                    Set<ReplicaId> joining) {
                                Set<ReplicaId> most = new HashSet<>(Set.of(self));
                                members.stream()
                                        .filter(each -> most.size() <= members.size() / 2)
                                        .forEach(most::add);
                                return most;
                            }
                        })),
                new Guard(
                        "join-hold",
                        "R31",
                        "liveness",
                        "commits wait for a joiner that is near: otherwise a busy primary stays alone",
                        Scene.small().with(BUSY),
                        counting(new Counting() {
                            @Override
                            public Set<ReplicaId> required(
                                    ReplicaId self,
                                    Set<ReplicaId> members,
                                    Set<ReplicaId> held,
                                    Set<ReplicaId> joining) {
                                return SOUND.required(self, members, Set.of(), joining);
                            }
                        })),
                new Guard(
                        "short-stream",
                        "R11",
                        "R30",
                        "what a replica has is what it reports as durable, not what was sent to it",
                        LOSSES,
                        connector(SentCounts::new)));
    }
}
