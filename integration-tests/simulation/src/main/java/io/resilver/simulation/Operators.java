package io.resilver.simulation;

import io.resilver.simulation.fault.FaultKind;
import io.resilver.simulation.host.Running;
import io.resilver.simulation.host.SimulatedHost;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;

/** What people do to a cluster while it runs, and do not always do to the end. Some of it is undone when faults are over. */
final class Operators {
    /** An entry is some bytes: each takes from a fifth of a second to many. */
    private static final int MOST_BYTES_PER_SECOND = 64;

    private final Simulation world;
    private final Troubles troubles;
    private final Random random;
    private final Map<HostId, OptionalLong> rates = new HashMap<>();

    Operators(Simulation world, Troubles troubles, Random random) {
        this.world = world;
        this.troubles = troubles;
        this.random = random;
    }

    /** What undoes it, or empty where it cannot happen now. */
    Optional<Runnable> begin(FaultKind kind, SimulatedHost host, SimulatedHost other) {
        return switch (kind) {
            case TAKEN_IN_HAND -> takenInHand(other);
            case SLOW_RATE -> Optional.of(slowed(host));
            default -> throw new IllegalStateException("a fault of a new kind: " + kind);
        };
    }

    /** Whoever leads a volume of a host is asked. */
    private Optional<Runnable> takenInHand(SimulatedHost target) {
        List<ReplicaId> all = List.copyOf(target.disks().keySet());
        ReplicaId replica = all.get(random.nextInt(all.size()));
        return world.hosts().stream()
                .filter(each -> each != target)
                .flatMap(each -> each.running().stream())
                .filter(each -> leads(each, replica))
                .findFirst()
                .map(leader -> leader.takeInHand(replica));
    }

    private static boolean leads(Running process, ReplicaId replica) {
        return process.product(replica.volume()).flatMap(each -> each.term()).isPresent();
    }

    private Runnable slowed(SimulatedHost host) {
        return troubles.held(
                "slow rate " + host.id(),
                () -> throttle(host, OptionalLong.of(1 + random.nextInt(MOST_BYTES_PER_SECOND))),
                () -> throttle(host, OptionalLong.empty()));
    }

    private void throttle(SimulatedHost host, OptionalLong bytesPerSecond) {
        rates.put(host.id(), bytesPerSecond);
        started(host);
    }

    /** A process that starts has the rate that its host was given. */
    void started(SimulatedHost host) {
        host.running().ifPresent(running -> running.throttle(rates.getOrDefault(host.id(), OptionalLong.empty())));
    }
}
