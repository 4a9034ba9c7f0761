package io.resilver.simulation.guard;

import io.resilver.coordination.CoordinationStore;
import io.resilver.execution.Counting;
import io.resilver.execution.Planning;
import io.resilver.replica.link.ReplicaConnector;
import io.resilver.simulation.disk.Rules;
import io.resilver.simulation.host.Liberties;
import io.resilver.simulation.host.ServiceClient;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.model.HostId;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Processes in which one collaborator is another one. */
final class Without {
    private Without() {}

    /** Makes a client of the service. */
    @FunctionalInterface
    interface Service {
        CoordinationStore of(ServiceClient real, HostId self);
    }

    /** Makes an engine's rules. */
    @FunctionalInterface
    interface Engine {
        Rules of(SimulatedProcess process);
    }

    static Supplier<Liberties> service(Service service) {
        return () -> new Liberties() {
            @Override
            public CoordinationStore service(ServiceClient real, HostId self) {
                return service.of(real, self);
            }
        };
    }

    static Supplier<Liberties> engine(Engine engine) {
        return () -> new Liberties() {
            @Override
            public Rules rules(SimulatedProcess process) {
                return engine.of(process);
            }
        };
    }

    static Supplier<Liberties> planning(Planning planning) {
        return () -> new Liberties() {
            @Override
            public Planning planning() {
                return planning;
            }
        };
    }

    static Supplier<Liberties> counting(Counting counting) {
        return () -> new Liberties() {
            @Override
            public Counting counting() {
                return counting;
            }
        };
    }

    static Supplier<Liberties> connector(UnaryOperator<ReplicaConnector> connector) {
        return () -> new Liberties() {
            @Override
            public ReplicaConnector connector(ReplicaConnector real) {
                return connector.apply(real);
            }
        };
    }
}
