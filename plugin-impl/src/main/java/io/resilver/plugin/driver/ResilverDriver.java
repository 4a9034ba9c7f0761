package io.resilver.plugin.driver;

import io.resilver.host.Failures;
import io.resilver.host.ReplicaHost;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.driver.DriverStatus;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.RecoveryDriver;
import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.plan.RecoveryPlan;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The driver of one host: what a host product calls, over the host and its edges. Thread safe. */
final class ResilverDriver implements RecoveryDriver {
    private final DriverParts parts;
    private final ReplicaHost host;
    private final Answers answers = new Answers();

    private ResilverDriver(DriverParts parts) {
        this.parts = parts;
        this.host = parts.host();
    }

    static ResilverDriver open(DriverOptions options) throws RecoveryException {
        return new ResilverDriver(DriverParts.open(options));
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
        return answers.to(() -> host.createVolume(spec));
    }

    @Override
    public CompletionStage<Void> deleteVolume(VolumeId volume, Incarnation incarnation) {
        return answers.to(() -> host.deleteVolume(volume, incarnation));
    }

    @Override
    public CompletionStage<Void> addReplica(ReplicaId replica, HostId holder) {
        return answers.to(() -> host.addReplica(replica, holder));
    }

    @Override
    public CompletionStage<Void> removeReplica(ReplicaId replica) {
        return answers.to(() -> host.removeReplica(replica));
    }

    @Override
    public CompletionStage<Void> changeLeastInSync(VolumeId volume, int leastInSync) {
        return answers.to(() -> host.changeLeastInSync(volume, leastInSync));
    }

    @Override
    public CompletionStage<Void> removeStore(ReplicaId replica, Incarnation incarnation) {
        return answers.to(() -> host.removeStore(replica, incarnation));
    }

    @Override
    public CompletionStage<VolumeStore> openReplica(ReplicaId replica) {
        return answers.to(() -> host.openReplica(replica));
    }

    @Override
    public CompletionStage<VolumeStore> openReplica(ReplicaId replica, Incarnation incarnation) {
        return answers.to(() -> host.openReplica(replica, incarnation));
    }

    // ------------------------------------------------------------------------------------------------ leading

    @Override
    public CompletionStage<Leadership> lead(VolumeId volume) {
        return answers.toWaiting(() -> host.lead(volume));
    }

    @Override
    public CompletionStage<Leadership> leadUncleanly(VolumeId volume, String who, String why) {
        return answers.to(() -> host.leadUncleanly(volume, who, why));
    }

    @Override
    public CompletionStage<Leadership> assign(Assignment assignment) {
        return answers.to(() -> host.assign(assignment));
    }

    @Override
    public CompletionStage<Leadership> updateEpoch(VolumeId volume, Epoch epoch) {
        return answers.to(() -> host.updateEpoch(volume, epoch));
    }

    @Override
    public CompletionStage<Void> invalidateEpoch(VolumeId volume, long epochNumber) {
        return answers.to(() -> host.invalidateEpoch(volume, epochNumber));
    }

    // ------------------------------------------------------------------------------------------------ recovering

    @Override
    public CompletionStage<Fenced> fence(ReplicaId replica) {
        return answers.to(() -> host.senders(replica.volume()).fence(replica));
    }

    @Override
    public CompletionStage<RecoveryPlan> planRecovery(ReplicaId replica, ReplicaPosition position) {
        return answers.to(() -> host.senders(replica.volume()).plan(replica, position));
    }

    @Override
    public CompletionStage<RecoveryPlan> planRebuild(ReplicaId replica) {
        return answers.to(() -> host.senders(replica.volume()).planRebuild(replica));
    }

    @Override
    public CompletionStage<RecoveryExecution> begin(RecoveryPlan plan) {
        return answers.to(() -> host.senders(plan.replica().volume()).begin(plan));
    }

    @Override
    public CompletionStage<Void> release(RecoveryPlan plan) {
        return answers.to(() -> host.senders(plan.replica().volume()).cancel(plan, false, "the plan was given back"));
    }

    @Override
    public CompletionStage<Void> cancel(RecoveryPlan plan, String why) {
        return answers.to(() -> host.senders(plan.replica().volume()).cancel(plan, true, why));
    }

    @Override
    public CompletionStage<RecoveryReport> recover(ReplicaId replica) {
        return answers.to(() -> host.senders(replica.volume()).recover(replica));
    }

    @Override
    public DriverStatus status() {
        String health = host.denied()
                .map(why -> String.valueOf(why.getMessage()))
                .or(() -> host.corruptImages().stream()
                        .findFirst()
                        .map(each -> "the image of " + each.replica() + " is corrupt: " + each.where() + " at byte "
                                + each.offset()))
                .orElse("OK");
        return new DriverStatus(host.host(), health, parts.statuses());
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
        Duration patience = parts.closePatience();
        // Handing over is a courtesy: with the coordination service away, the stores are closed all the same.
        awaited(host.resign(), patience.dividedBy(2));
        Optional<RecoveryException> failure = awaited(host.closeStores("the driver is closing"), patience);
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
}
