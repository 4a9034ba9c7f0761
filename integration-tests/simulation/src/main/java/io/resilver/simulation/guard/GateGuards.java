package io.resilver.simulation.guard;

import static io.resilver.simulation.guard.Mixes.DEPOSED;
import static io.resilver.simulation.guard.Mixes.HASTY;
import static io.resilver.simulation.guard.Mixes.LOSSES;
import static io.resilver.simulation.guard.Without.counting;

import io.resilver.execution.Counting;
import io.resilver.execution.VolumeLeader.LocalGate;
import io.resilver.replica.StoreGate;
import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Response;
import io.resilver.simulation.host.Liberties;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What keeps a second writer out, and stale reads. */
final class GateGuards {
    private GateGuards() {}

    static List<Guard> list() {
        return List.of(
                new Guard("gate", "R2", "a store's gate shuts lower tokens out", DEPOSED, () -> new Liberties() {
                    @Override
                    public StoreGate gate(ReplicaId store, StoreGate real) {
                        return new OpenGate();
                    }
                }),
                new Guard(
                        "local-gate", "R2", "the primary's own writer enters the gate", DEPOSED, () -> new Liberties() {
                            @Override
                            public LocalGate ownWriter(LocalGate real) {
                                return () -> () -> {};
                            }
                        }),
                new Guard(
                        "fence-before-read",
                        "R34",
                        "R30",
                        "a replica's position is read after it was fenced",
                        LOSSES,
                        () -> new Liberties() {
                            private final Map<ReplicaId, Response.Fenced> first = new HashMap<>();

                            @Override
                            public ReplicaConnector connector(ReplicaConnector real) {
                                return new Rewriting(real, this::asBefore);
                            }

                            private Response asBefore(Response response) {
                                if (!(response instanceof Response.Fenced now)) {
                                    return response;
                                }
                                Response.Fenced before = first.putIfAbsent(now.replica(), now);
                                return before == null
                                        ? now
                                        : new Response.Fenced(
                                                now.replica(),
                                                now.token(),
                                                now.adapter(),
                                                now.store(),
                                                before.position());
                            }
                        }),
                new Guard(
                        "read-lease",
                        "R37",
                        "a read is served only while every member answered within the lease",
                        DEPOSED,
                        () -> new Liberties() {
                            @Override
                            public boolean mayRead(Leadership term) {
                                return term.committedLsn().isPresent();
                            }
                        }),
                new Guard(
                        "read-lease-wait",
                        "R37",
                        "a new primary acknowledges nothing before the read leases of those before it are over",
                        HASTY,
                        counting(new Counting() {
                            @Override
                            public boolean mayAcknowledge(Duration led, Duration readLease) {
                                return true;
                            }
                        })));
    }
}
