package io.resilver.simulation;

import io.resilver.coordination.VolumeRecord;
import io.resilver.simulation.fault.FaultKind;
import io.resilver.simulation.host.Running;
import io.resilver.simulation.host.SimulatedHost;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * People who change what volumes are: their replica sets and least sizes (R41). Some of it is undone later; what is not, is what
 * the volume is from then on.
 */
final class Administrators {
    /** One removal out of so many is for good. */
    private static final int FOR_GOOD = 4;

    /** One change out of so many is asked of whatever host. */
    private static final int ELSEWHERE = 4;

    private final Simulation world;
    private final Troubles troubles;
    private final Random random;
    /** Who dies as soon as the record has no such replica any more. */
    private final List<Doomed> doomed = new ArrayList<>();

    /** Changes that no primary has made itself. */
    private final List<Change> unheard = new ArrayList<>();

    /**
     * A change of a volume's record.
     *
     * @param epoch of the record when it was asked for, or made: a later term has read it
     */
    private record Change(VolumeId volume, SimulatedHost by, long epoch) {}

    private record Doomed(SimulatedHost primary, ReplicaId removed) {}

    Administrators(Simulation world, Troubles troubles, Random random) {
        this.world = world;
        this.troubles = troubles;
        this.random = random;
    }

    /** What undoes it, or empty where it cannot happen now. */
    Optional<Runnable> begin(FaultKind kind, SimulatedHost host, SimulatedHost other) {
        return switch (kind) {
            case REMOVED_REPLICA -> removed(other);
            case REMOVED_AND_CRASHED -> removedAndCrashed(other);
            case CHANGED_LEAST -> leastChanged(host, Operators.oneOf(other, random));
            default -> throw new IllegalStateException("a fault of a new kind: " + kind);
        };
    }

    /** Only its primary lets a member go; another host refuses, and that is tried too. */
    private Optional<Runnable> removed(SimulatedHost holder) {
        ReplicaId replica = Operators.oneOf(holder, random);
        return Operators.leaderOf(world, replica)
                .filter(leader -> leader != holder && isThere(replica))
                .map(leader -> {
                    remove(leader, replica);
                    return random.nextInt(FOR_GOOD) == 0 ? () -> {} : () -> addAgain(replica, holder.id());
                });
    }

    private Optional<Runnable> removedAndCrashed(SimulatedHost holder) {
        ReplicaId replica = Operators.oneOf(holder, random);
        return Operators.leaderOf(world, replica)
                .filter(leader -> leader != holder && isThere(replica))
                .map(leader -> {
                    remove(leader, replica);
                    Doomed soon = new Doomed(leader, replica);
                    doomed.add(soon);
                    Runnable up = troubles.down(leader);
                    return () -> {
                        doomed.remove(soon);
                        up.run();
                        addAgain(replica, holder.id());
                    };
                });
    }

    private boolean isThere(ReplicaId replica) {
        return world.record(replica.volume())
                .flatMap(record -> record.replica(replica))
                .isPresent();
    }

    private void remove(SimulatedHost leader, ReplicaId replica) {
        world.note(() -> leader.id() + " is asked to remove replica " + replica);
        ask(leader, replica, host -> host.removeReplica(replica));
    }

    /** Any host may be asked; mostly it is the one that leads. */
    private void addAgain(ReplicaId replica, HostId holder) {
        SimulatedHost some = world.hosts().get(random.nextInt(world.hosts().size()));
        Optional<SimulatedHost> leader = Operators.leaderOf(world, replica);
        SimulatedHost asked = random.nextInt(ELSEWHERE) == 0 ? some : leader.orElse(some);
        world.note(() -> asked.id() + " is asked to add replica " + replica);
        ask(asked, replica, host -> host.addReplica(replica, holder));
    }

    private void ask(SimulatedHost asked, ReplicaId of, Running.Administration change) {
        Change wanted = new Change(of.volume(), asked, epoch(of.volume()));
        unheard.add(wanted);
        asked.running()
                .ifPresent(running -> running.administer(
                        host -> change.of(host).whenComplete((nothing, failure) -> over(wanted, of))));
    }

    /** It is made, or refused; who leads may be another one by now than when it was asked for. */
    private void over(Change change, ReplicaId of) {
        unheard.remove(change);
        if (!Operators.leaderOf(world, of).equals(Optional.of(change.by()))) {
            unheard.add(new Change(change.volume(), change.by(), epoch(change.volume())));
        }
    }

    private long epoch(VolumeId volume) {
        return world.record(volume).map(record -> record.epoch().number()).orElse(0L);
    }

    /** Whether a primary may see a change only when it next reads its record by itself (R41). */
    boolean isNewsSlow() {
        return unheard.stream().anyMatch(each -> epoch(each.volume()) == each.epoch());
    }

    private Optional<Runnable> leastChanged(SimulatedHost asked, ReplicaId of) {
        Optional<VolumeRecord> record = world.record(of.volume());
        if (record.isEmpty() || asked.running().isEmpty()) {
            return Optional.empty();
        }
        change(asked, of, 1 + random.nextInt(record.get().replicas().size()));
        boolean back = random.nextBoolean();
        return Optional.of(() -> {
            if (back) {
                change(asked, of, 1);
            }
        });
    }

    private void change(SimulatedHost asked, ReplicaId of, int least) {
        world.note(() -> asked.id() + " is asked to have commits of " + of.volume() + " need " + least);
        ask(asked, of, host -> host.changeLeastInSync(of.volume(), least));
    }

    /** The record is changed by then, and nobody has heard of it. */
    void look() {
        doomed.removeIf(each -> {
            boolean gone = !isThere(each.removed());
            if (gone) {
                world.note(() -> each.primary().id() + " dies before it hears that " + each.removed() + " is removed");
                each.primary().crash();
            }
            return gone;
        });
    }
}
