package io.resilver.plugin.driver;

import io.resilver.coordination.Tenure;
import io.resilver.execution.VolumeLeader;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.driver.DriverStatus;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.RecoveryDriver;
import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.plan.RecoveryPlan;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The driver of one host, over its parts. Thread safe. */
final class ResilverDriver implements RecoveryDriver {
    private final DriverParts parts;
    private final Map<ReplicaId, LocalReplica> replicas;
    private final Openings openings;
    private final Assignments assignments;
    private final Optional<OrphanWatch> orphans;
    private final Answers answers = new Answers();

    private ResilverDriver(DriverParts parts, Map<ReplicaId, LocalReplica> replicas) {
        this.parts = parts;
        this.replicas = replicas;
        this.openings = new Openings(parts, replicas, this::leader);
        this.assignments = new Assignments(parts);
        this.orphans = parts.cluster()
                .map(cluster ->
                        new OrphanWatch(parts.runtime(), cluster.volumes(), replicas.values(), openings::orphan));
        orphans.ifPresent(OrphanWatch::start);
    }

    static ResilverDriver open(DriverOptions options) throws RecoveryException {
        Map<ReplicaId, LocalReplica> replicas = new ConcurrentHashMap<>();
        return new ResilverDriver(DriverParts.open(options, replicas), replicas);
    }

    @Override
    public Endpoint endpoint() {
        return parts.endpoint();
    }

    @Override
    public <T> T adapter(Class<T> type) {
        if (!type.isInstance(parts.adapter())) {
            throw new IllegalArgumentException(
                    "the open adapter is a " + parts.adapter().getClass().getName() + ", not a " + type.getName());
        }
        return type.cast(parts.adapter());
    }

    // ------------------------------------------------------------------------------------------------ volumes

    @Override
    public CompletionStage<Incarnation> createVolume(VolumeSpec spec) {
        return answers.to(() -> requireCluster().volumes().create(spec));
    }

    @Override
    public CompletionStage<Void> deleteVolume(VolumeId volume, Incarnation incarnation) {
        return answers.to(
                () -> new Deletion(replicas, openings, requireCluster().volumes()).delete(volume, incarnation));
    }

    @Override
    public CompletionStage<Void> removeStore(ReplicaId replica, Incarnation incarnation) {
        return answers.to(() -> parts.cluster()
                .map(cluster -> new Deletion(replicas, openings, cluster.volumes()).removeStore(replica, incarnation))
                .orElseGet(() -> openings.remove(replica, incarnation)));
    }

    @Override
    public CompletionStage<VolumeStore> openReplica(ReplicaId replica) {
        return answers.to(() -> openings.open(replica, requireCluster()));
    }

    @Override
    public CompletionStage<VolumeStore> openReplica(ReplicaId replica, Incarnation incarnation) {
        return answers.to(() -> openings.open(replica, incarnation));
    }

    // ------------------------------------------------------------------------------------------------ leading

    @Override
    public CompletionStage<Leadership> lead(VolumeId volume) {
        return answers.to(() -> loop(volume).lead());
    }

    @Override
    public CompletionStage<Leadership> leadUncleanly(VolumeId volume, String who, String why) {
        return answers.to(() -> {
            LeadLoop loop = loop(volume);
            return new Unclean(requireCluster(), local(volume).id(), parts::publish).lead(loop, who, why);
        });
    }

    private LeadLoop loop(VolumeId volume) throws RecoveryException {
        return requireCluster()
                .loop(volume)
                .orElseThrow(() ->
                        new PermanentException("no replica of volume " + volume + " is open on this host: open one"));
    }

    private VolumeLeader leader(LocalReplica replica, Tenure tenure, long boundaryLsn) {
        parts.publish(
                new RecoveryEvent.PrimaryTookOver(replica.id().volume(), tenure.epoch(), parts.host(), boundaryLsn));
        return new VolumeLeader(
                parts.context(replica, tenure.epoch()),
                new RecordMembership(tenure, parts.cluster().orElseThrow().presence()),
                replica.writerGate(tenure.epoch()),
                boundaryLsn,
                parts.runtime(),
                replica.strand());
    }

    @Override
    public CompletionStage<Leadership> assign(Assignment assignment) {
        return answers.to(() -> {
            requireExternal();
            return assignments.assign(local(assignment.self()), assignment);
        });
    }

    @Override
    public CompletionStage<Leadership> updateEpoch(VolumeId volume, Epoch epoch) {
        return answers.to(() -> {
            requireExternal();
            LocalReplica local = local(volume);
            return assignments.updateEpoch(local, epoch);
        });
    }

    @Override
    public CompletionStage<Void> invalidateEpoch(VolumeId volume, long epochNumber) {
        return answers.to(() -> {
            requireExternal();
            return assignments.invalidate(local(volume), epochNumber);
        });
    }

    // ------------------------------------------------------------------------------------------------ recovering

    @Override
    public CompletionStage<Fenced> fence(ReplicaId replica) {
        return answers.to(() -> leading(replica.volume()).senders().fence(replica));
    }

    @Override
    public CompletionStage<RecoveryPlan> planRecovery(ReplicaId replica, ReplicaPosition position) {
        return answers.to(() -> leading(replica.volume()).senders().plan(replica, position));
    }

    @Override
    public CompletionStage<RecoveryPlan> planRebuild(ReplicaId replica) {
        return answers.to(() -> leading(replica.volume()).senders().planRebuild(replica));
    }

    @Override
    public CompletionStage<RecoveryExecution> begin(RecoveryPlan plan) {
        return answers.to(() -> leading(plan.replica().volume()).senders().begin(plan));
    }

    @Override
    public CompletionStage<Void> release(RecoveryPlan plan) {
        return answers.to(
                () -> leading(plan.replica().volume()).senders().cancel(plan, false, "the plan was given back"));
    }

    @Override
    public CompletionStage<Void> cancel(RecoveryPlan plan, String why) {
        return answers.to(() -> leading(plan.replica().volume()).senders().cancel(plan, true, why));
    }

    @Override
    public CompletionStage<RecoveryReport> recover(ReplicaId replica) {
        return answers.to(() -> leading(replica.volume()).senders().recover(replica));
    }

    @Override
    public DriverStatus status() {
        String health = parts.cluster()
                .flatMap(Cluster::denied)
                .map(why -> String.valueOf(why.getMessage()))
                .orElse("OK");
        return new DriverStatus(parts.host(), health, parts.statuses());
    }

    // ------------------------------------------------------------------------------------------------ ends

    @Override
    public void close() throws RecoveryException {
        if (!answers.close()) {
            return;
        }
        boolean interrupted = Thread.interrupted(); // closing goes to its end, and the interrupt comes after it
        try {
            closeAll();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void closeAll() throws RecoveryException {
        orphans.ifPresent(OrphanWatch::stop);
        Duration patience = parts.closePatience();
        // Handing over is a courtesy: with the coordination service away, the stores are closed all the same.
        parts.cluster().ifPresent(cluster -> awaited(cluster.resign(), patience.dividedBy(2)));
        Optional<RecoveryException> failure = awaited(openings.close("the driver is closing"), patience);
        try {
            parts.close();
        } finally {
            answers.end();
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    /** Waits for the whole of it, also when the thread is interrupted: what is closed halfway is worse than a late end. */
    private static Optional<RecoveryException> awaited(CompletionStage<Void> stage, Duration patience) {
        CompletableFuture<Void> waiting = stage.toCompletableFuture();
        long end = System.nanoTime() + patience.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    waiting.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                    return Optional.empty();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    return Optional.of(Failures.typed(e));
                } catch (TimeoutException e) {
                    return Optional.of(
                            new RetriableException("closing took longer than " + patience, Duration.ZERO, e));
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private LocalReplica local(ReplicaId replica) throws RecoveryException {
        LocalReplica local = replicas.get(replica);
        if (local == null) {
            throw new PermanentException("replica " + replica + " is not open on this host: open it first");
        }
        return local;
    }

    private LocalReplica local(VolumeId volume) throws RecoveryException {
        return replicas.values().stream()
                .filter(each -> each.id().volume().equals(volume))
                .findFirst()
                .orElseThrow(() -> new PermanentException(
                        "no replica of volume " + volume + " is open on this host: open one first"));
    }

    private VolumeLeader leading(VolumeId volume) throws RecoveryException {
        return local(volume).requireLeader();
    }

    private Cluster requireCluster() throws RecoveryException {
        return parts.cluster()
                .orElseThrow(
                        () -> new PermanentException("the built-in authority is off: this host passes in assignments"
                                + " (resilver.coordination.mode is external)"));
    }

    private void requireExternal() throws RecoveryException {
        if (parts.cluster().isPresent()) {
            throw new PermanentException("the built-in authority decides (resilver.coordination.mode is zookeeper):"
                    + " lead a volume instead of assigning it");
        }
    }
}
