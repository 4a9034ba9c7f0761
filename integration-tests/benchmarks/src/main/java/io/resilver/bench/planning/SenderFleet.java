package io.resilver.bench.planning;

import io.resilver.execution.Counting;
import io.resilver.execution.LeaderContext;
import io.resilver.execution.LeaderOptions;
import io.resilver.execution.PinLedger;
import io.resilver.execution.Planning;
import io.resilver.execution.RecoveryScheduler;
import io.resilver.execution.VolumeLeader;
import io.resilver.replica.AdapterTraits;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.ReplicaStatus;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.policy.RecoveryPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The replicas that one host feeds, with all that a term has to feed them: leaders, senders, sessions, executions, events and
 * answers. Stores and replicas answer at once, in the same thread. For one thread.
 */
final class SenderFleet {
    private static final int SLOTS = 4;
    private static final long BYTES = 64L << 20;

    private final RecoveryScheduler scheduler = new RecoveryScheduler(SLOTS, SLOTS, BYTES);
    private final PinLedger ledger = new PinLedger();
    private final List<Facts> facts = Facts.prepared();
    private final List<Led> volumes = new ArrayList<>();
    private final int othersEach;
    private int next;
    private long asked;
    private long completed;

    private record Led(FleetVolume volume, VolumeLeader leader, PreparedReplicas replicas) {}

    /**
     * A fleet whose leaders have begun.
     *
     * @param volumes how many
     * @param others replicas of each besides the primary's own
     * @param recoverAll whether every replica is recovered at once
     */
    SenderFleet(int volumes, int others, boolean recoverAll) {
        othersEach = others;
        for (int number = 0; number < volumes; number++) {
            FleetVolume volume = new FleetVolume(number, others);
            this.volumes.add(lead(volume, volume.inForce(), facts.get(number % facts.size()), recoverAll));
        }
        asked = recoverAll ? (long) volumes * others : 0;
    }

    private Led lead(FleetVolume volume, Assignment first, Facts of, boolean recoverAll) {
        StillHost host = new StillHost(first.self());
        PreparedReplicas replicas = new PreparedReplicas(of);
        LeaderContext context = new LeaderContext(
                first.incarnation(),
                first.epoch(),
                first.self(),
                new PreparedStore(first.self(), of),
                new AdapterTraits("prepared", Set.of()),
                replicas,
                Planning.SOUND,
                Counting.SOUND,
                new RecoveryPolicy() {},
                scheduler,
                ledger,
                host,
                this::happened,
                () -> {},
                LeaderOptions.DEFAULT);
        Strand strand = new Strand(host.workers(), bug -> {
            throw new IllegalStateException("a task of a leader threw", bug);
        });
        VolumeLeader leader = new VolumeLeader(context, host, () -> () -> {}, Facts.HEAD, host, strand);
        leader.start(first, recoverAll);
        return new Led(volume, leader, replicas);
    }

    private void happened(RecoveryEvent event) {
        if (event instanceof RecoveryEvent.RecoveryCompleted) {
            completed++;
        }
    }

    /**
     * Recovers the next replica, all of them in turn: a newer assignment says that it listens elsewhere, which ends its session
     * and begins the next, and it is fed at the head when the call returns.
     *
     * @return how many recoveries are complete
     * @throws IllegalStateException when this one is not
     */
    long recoverNext() {
        Led led = volumes.get(next / othersEach);
        led.volume().move(next % othersEach);
        next = next + 1 == volumes.size() * othersEach ? 0 : next + 1;
        asked++;
        led.leader().reassign(led.volume().inForce(), true);
        if (completed != asked) {
            throw new IllegalStateException("the replica was not recovered");
        }
        return completed;
    }

    /**
     * Looks at what is left: every replica is fed, and holds its session and the pin of its keep-up.
     *
     * @throws IllegalStateException when something was leaked or lost
     */
    void verifyFed() {
        int fed = volumes.size() * othersEach;
        int streams =
                volumes.stream().mapToInt(each -> each.replicas().streamsOpen()).sum();
        require(completed == asked, "recoveries are not complete");
        require(scheduler.active() == 0 && scheduler.waiting() == 0, "slots were leaked");
        require(ledger.count() == fed, ledger.count() + " pins are held for " + fed + " replicas");
        require(streams == fed, streams + " streams lead to " + fed + " replicas");
        volumes.forEach(each -> each.leader().stop("the measurement is over"));
        require(ledger.count() == 0, "pins are in the ledger of terms that are over");
    }

    /**
     * Looks whether every replica has its sender, which nobody asked for anything yet.
     *
     * @throws IllegalStateException when one is missing
     */
    void verifyAssigned() {
        for (Led each : volumes) {
            List<ReplicaStatus> status =
                    each.leader().status().toCompletableFuture().join();
            require(
                    status.size() == othersEach
                            && status.stream().allMatch(of -> of.state().equals("IDLE")),
                    "not every replica has its sender");
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
