package io.resilver.simulation.guard;

import static io.resilver.simulation.fault.FaultKind.CANCEL;
import static io.resilver.simulation.fault.FaultKind.CRASH;
import static io.resilver.simulation.fault.FaultKind.EXPIRY;
import static io.resilver.simulation.fault.FaultKind.ISOLATION;
import static io.resilver.simulation.fault.FaultKind.ONE_WAY;
import static io.resilver.simulation.fault.FaultKind.PARTITION;
import static io.resilver.simulation.fault.FaultKind.PAUSE;
import static io.resilver.simulation.fault.FaultKind.REPLACED_DISK;
import static io.resilver.simulation.fault.FaultKind.RESET;
import static io.resilver.simulation.fault.FaultKind.RESTORED_DISK;
import static io.resilver.simulation.fault.FaultKind.REVOKED_PINS;
import static io.resilver.simulation.fault.FaultKind.SERVICE_CUT;
import static io.resilver.simulation.fault.FaultKind.SERVICE_SLOW;

import io.resilver.coordination.CoordinationStore;
import io.resilver.engine.Planned;
import io.resilver.execution.Membership;
import io.resilver.execution.Planning;
import io.resilver.execution.VolumeLeader.LocalGate;
import io.resilver.replica.StoreGate;
import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Response;
import io.resilver.simulation.disk.Rules;
import io.resilver.simulation.fault.Mix;
import io.resilver.simulation.host.Liberties;
import io.resilver.simulation.host.ServiceClient;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** All guards that can be taken away. */
public final class Guards {
    private static final Mix DEPOSED =
            Mix.of("primaries that are deposed", ISOLATION, PAUSE, PARTITION, ONE_WAY, SERVICE_CUT);
    private static final Mix LOSSES =
            Mix.of("members that go and come", ISOLATION, PAUSE, PARTITION, CRASH, SERVICE_SLOW);
    private static final Mix DOUBTS = Mix.of(
                    "answers that are lost", SERVICE_SLOW, SERVICE_SLOW, ISOLATION, PAUSE, EXPIRY)
            .every(800);
    private static final Mix DISKS = Mix.of("disks that are other ones", REPLACED_DISK, RESTORED_DISK, CRASH);

    private static final Mix REBUILDS = Mix.of(
                    "rebuilds that are cut short", CRASH, PAUSE, REPLACED_DISK, REVOKED_PINS, RESET, RESET, CANCEL)
            .every(500);

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
        guards.addAll(gates());
        guards.addAll(sets());
        guards.addAll(records());
        guards.addAll(plans());
        guards.addAll(stores());
        return List.copyOf(guards);
    }

    // ------------------------------------------------------------------------------------------------ gates

    private static List<Guard> gates() {
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
                                                now.replica(), now.token(), now.store(), before.position());
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
                        }));
    }

    // ------------------------------------------------------------------------------------------------ the in-sync set

    private static List<Guard> sets() {
        return List.of(
                new Guard(
                        "shrink-before-ack",
                        "R31",
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
                        "a joiner is required whether or not the answer came",
                        DOUBTS,
                        () -> new Liberties() {
                            @Override
                            public Membership membership(Membership real) {
                                return new HastyMembership(real);
                            }
                        }));
    }

    // ------------------------------------------------------------------------------------------------ the record

    private static List<Guard> records() {
        return List.of(
                new Guard(
                        "in-sync-candidates-only",
                        "R32",
                        "only a member of the set may take over",
                        LOSSES,
                        service(WeakService::memberAlways)),
                new Guard(
                        "versions",
                        "R35",
                        "a change is made at the version that was read",
                        LOSSES,
                        service((real, self) -> WeakService.anyVersion(real))),
                new Guard(
                        "no-blind-retry",
                        "R35",
                        "a change whose answer was lost is not sent again over what is there",
                        DOUBTS,
                        service((real, self) -> WeakService.blindRetry(real))),
                new Guard(
                        "settle-by-change",
                        "R35",
                        "a lost answer is settled by another change, never by reading",
                        DOUBTS,
                        service((real, self) -> WeakService.settledByReading(real))),
                new Guard(
                        "store-identity",
                        "R36",
                        "a disk that is replaced or restored is noticed when it is opened",
                        DISKS,
                        engine(AnyDisk::new)),
                new Guard(
                        "compare-before-raise",
                        "R36",
                        "the count of openings is compared before it is raised",
                        Mix.of("disks that are restored", RESTORED_DISK),
                        engine(process -> new RaisedFirst())));
    }

    // ------------------------------------------------------------------------------------------------ plans

    private static List<Guard> plans() {
        return List.of(
                new Guard(
                        "lineage",
                        "R7",
                        "logs are compared by who wrote what, not by LSN",
                        Mix.of("primaries that leave something behind", ISOLATION, PAUSE, CRASH)
                                .clients(1_000),
                        planning(new Planning() {
                            @Override
                            public Planned plan(RetainedHistory history, ReplicaPosition position) {
                                return Planning.SOUND.plan(
                                        history,
                                        new ReplicaPosition(
                                                position.flushedLsn(),
                                                position.truncationFloorLsn(),
                                                position.committedLsn(),
                                                position.usable(),
                                                history.lineage().map(own -> own.upTo(position.flushedLsn()))));
                            }
                        })),
                new Guard(
                        "first-lsn-definition",
                        "R7",
                        "an epoch's first LSN is the one after the adopted head, not its first entry's",
                        LOSSES,
                        () -> new Liberties() {
                            private final Map<Long, Long> first = new HashMap<>();

                            @Override
                            public LineageElement writer(Leadership term, long entryLsn) {
                                return LineageElement.of(
                                        term.epoch(),
                                        first.computeIfAbsent(term.epoch().number(), epoch -> entryLsn));
                            }
                        }));
    }

    // ------------------------------------------------------------------------------------------------ stores

    private static List<Guard> stores() {
        return List.of(new Guard(
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

    // ------------------------------------------------------------------------------------------------ how

    /** Makes a client of the service. */
    @FunctionalInterface
    private interface Service {
        CoordinationStore of(ServiceClient real, HostId self);
    }

    /** Makes an engine's rules. */
    @FunctionalInterface
    private interface Engine {
        Rules of(SimulatedProcess process);
    }

    private static Supplier<Liberties> service(Service service) {
        return () -> new Liberties() {
            @Override
            public CoordinationStore service(ServiceClient real, HostId self) {
                return service.of(real, self);
            }
        };
    }

    private static Supplier<Liberties> engine(Engine engine) {
        return () -> new Liberties() {
            @Override
            public Rules rules(SimulatedProcess process) {
                return engine.of(process);
            }
        };
    }

    private static Supplier<Liberties> planning(Planning planning) {
        return () -> new Liberties() {
            @Override
            public Planning planning() {
                return planning;
            }
        };
    }
}
