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

/** What people do to recoveries while they run, and do not always do to the end. It is undone when faults are over. */
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
            case GIVING_UP -> Optional.of(impatient(host));
            default -> throw new IllegalStateException("a fault of a new kind: " + kind);
        };
    }

    /** Whoever leads a volume of a host is asked. */
    private Optional<Runnable> takenInHand(SimulatedHost target) {
        ReplicaId replica = oneOf(target, random);
        return leaderOf(world, replica)
                .filter(leader -> leader != target)
                .flatMap(SimulatedHost::running)
                .map(leader -> leader.takeInHand(replica));
    }

    static ReplicaId oneOf(SimulatedHost host, Random random) {
        List<ReplicaId> all = List.copyOf(host.disks().keySet());
        return all.get(random.nextInt(all.size()));
    }

    /** The first host that believes to lead the volume of a replica. */
    static Optional<SimulatedHost> leaderOf(Simulation world, ReplicaId replica) {
        return world.hosts().stream()
                .filter(host -> host.running()
                        .flatMap(running -> running.product(replica.volume()))
                        .flatMap(product -> product.term())
                        .isPresent())
                .findFirst();
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

    private Runnable impatient(SimulatedHost host) {
        return troubles.held("impatient " + host.id(), () -> started(host), () -> {
            started(host);
            host.running().ifPresent(Running::askAgain);
        });
    }

    /** A process that starts is as its host was told to be. */
    void started(SimulatedHost host) {
        host.running().ifPresent(running -> {
            running.throttle(rates.getOrDefault(host.id(), OptionalLong.empty()));
            running.impatient(troubles.holds("impatient " + host.id()));
        });
    }
}
