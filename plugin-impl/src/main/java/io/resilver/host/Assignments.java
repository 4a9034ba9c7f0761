package io.resilver.host;

import io.resilver.engine.AssignmentOrder;
import io.resilver.engine.EpochLimit;
import io.resilver.engine.KnownEpochs;
import io.resilver.execution.VolumeLeader;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Epoch;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The host's own authority, as the driver takes it: assignments in order, epochs that only rise (R3, R4). State lives on
 * each replica's strand.
 */
final class Assignments {
    private static final Logger LOG = LoggerFactory.getLogger(Assignments.class);

    private final ReplicaHost host;

    /**
     * What was assigned to one open store. It goes with the store: epochs of another incarnation do not compare, and those of
     * its own are kept by its promise.
     */
    static final class State {
        private Optional<Assignment> inForce = Optional.empty();
        private KnownEpochs epochs = KnownEpochs.NONE;
    }

    Assignments(ReplicaHost host) {
        this.host = host;
    }

    CompletionStage<Leadership> assign(LocalReplica local, Assignment assignment) {
        return on(local, () -> take(local, assignment));
    }

    CompletionStage<Leadership> updateEpoch(LocalReplica local, Epoch epoch) {
        return on(local, () -> {
            Assignment present = local.assigned()
                    .inForce
                    .orElseThrow(() -> Unchecked.of(new PermanentException(
                            "volume " + local.id().volume() + " is not assigned: assign it first")));
            return take(
                    local,
                    new Assignment(
                            present.volume(),
                            present.incarnation(),
                            epoch,
                            present.configurationNumber(),
                            present.self(),
                            present.replicas()));
        });
    }

    CompletionStage<Void> invalidate(LocalReplica local, long epochNumber) {
        return on(local, () -> {
            State state = local.assigned();
            state.epochs = state.epochs.invalidate(epochNumber);
            boolean hit =
                    state.inForce.isPresent() && state.inForce.get().epoch().number() <= epochNumber;
            return hit
                    ? local.stopLeading("epochs up to " + epochNumber + " were invalidated")
                            .thenApply(why -> null)
                    : CompletableFuture.completedFuture(null);
        });
    }

    private CompletionStage<Leadership> take(LocalReplica local, Assignment assignment) throws RecoveryException {
        if (!local.fits(assignment)) {
            throw new PermanentException(
                    "the assignment is of replica " + assignment.self() + ", incarnation " + assignment.incarnation()
                            + "; open here is " + local.id() + ", incarnation " + local.incarnation());
        }
        EpochLimit.require(assignment.epoch());
        State state = local.assigned();
        AssignmentOrder order = AssignmentOrder.of(state.inForce, assignment);
        if (order == AssignmentOrder.EPOCH_CONFLICT) {
            throw new PermanentException("epoch " + assignment.epoch() + " conflicts with "
                    + state.inForce.orElseThrow().epoch() + ": two authorities assign volume " + assignment.volume());
        }
        if (order != AssignmentOrder.NEWER) {
            return CompletableFuture.completedFuture(local.requireLeader());
        }
        KnownEpochs.Verdict verdict = state.epochs.judge(assignment.epoch());
        boolean sameTerm = state.inForce.map(Assignment::epoch).equals(Optional.of(assignment.epoch()));
        if (sameTerm
                && verdict != KnownEpochs.Verdict.NEWER
                && state.epochs.current().isPresent()) {
            state.inForce = Optional.of(assignment);
            VolumeLeader present = local.requireLeader();
            present.reassign(assignment, false);
            return CompletableFuture.completedFuture(present);
        }
        if (verdict != KnownEpochs.Verdict.NEWER) {
            throw new FencedException(
                    "epoch " + assignment.epoch() + " of volume " + assignment.volume() + " cannot attach: " + verdict,
                    state.epochs.highest().map(Epoch::number).orElse(0L));
        }
        state.epochs = state.epochs.seen(assignment.epoch());
        state.inForce = Optional.of(assignment);
        return local.stopLeading("epoch " + assignment.epoch() + " begins")
                .thenCompose(why -> local.adopt(assignment.epoch()))
                .handleAsync((boundary, failure) -> led(local, state, assignment, boundary, failure), local.strand())
                .thenCompose(same -> same);
    }

    /** The own store has promised, or has not: then the same assignment may be tried again. */
    private CompletionStage<Leadership> led(
            LocalReplica local, State state, Assignment adopted, @Nullable Long boundary, @Nullable Throwable failure) {
        Epoch epoch = adopted.epoch();
        Optional<Assignment> latest = state.inForce.filter(each -> each.epoch().equals(epoch));
        if (failure != null || boundary == null || latest.isEmpty()) {
            if (latest.isPresent()) {
                state.inForce = Optional.empty();
                state.epochs = before(state.epochs, epoch);
            }
            return CompletableFuture.failedFuture(
                    failure != null
                            ? failure
                            : new FencedException("epoch " + epoch + " was superseded while it began", epoch.number()));
        }
        VolumeLeader leader = host.newTerm(local, epoch, new GivenMembership(local.id()), boundary);
        local.leads(leader);
        leader.start(latest.get(), false).whenComplete((ready, error) -> {
            if (error != null) {
                LOG.atInfo()
                        .setMessage("a term ended early")
                        .addKeyValue("epoch", epoch)
                        .log();
            }
        });
        return CompletableFuture.completedFuture(leader);
    }

    /** What was known before an epoch that did not come to be: lower ones stay shut out, itself may try again. */
    private static KnownEpochs before(KnownEpochs known, Epoch failed) {
        return KnownEpochs.NONE.invalidate(Math.max(known.invalidatedUpTo(), failed.number() - 1));
    }

    /** A change on the replica's strand. */
    @FunctionalInterface
    private interface Change<T> {
        CompletionStage<T> make() throws RecoveryException;
    }

    private static <T> CompletionStage<T> on(LocalReplica local, Change<T> change) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        local.strand().execute(() -> {
            CompletionStage<T> made;
            try {
                made = change.make();
            } catch (RecoveryException | RuntimeException e) {
                answer.completeExceptionally(e);
                return;
            }
            made.whenComplete((value, failure) -> {
                if (failure == null) {
                    answer.complete(value);
                } else {
                    answer.completeExceptionally(failure);
                }
            });
        });
        return answer;
    }
}
