package io.resilver.host;

import io.resilver.engine.AssignmentOrder;
import io.resilver.engine.EpochLimit;
import io.resilver.engine.KnownEpochs;
import io.resilver.execution.VolumeLeader;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.CancelledException;
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
     * What was assigned to one open store. It goes with the store: epochs of another incarnation do not compare. Of its own
     * the store keeps what it has promised, durably, and its gate begins such an epoch no second time ({@link
     * LocalReplica#hasSeen}). An invalidated epoch above its promise is kept here only, as long as the store is open.
     */
    static final class State {
        private Optional<Assignment> inForce = Optional.empty();
        private KnownEpochs epochs = KnownEpochs.NONE;
        /** What comes of the epoch in force, while the own store promises it. */
        private Optional<CompletionStage<Leadership>> beginning = Optional.empty();

        /** Whether an epoch is the one in force, and was not invalidated since. */
        boolean isInForce(Epoch epoch) {
            return epochs.current().equals(Optional.of(epoch));
        }
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
            return state.beginning.isPresent()
                    ? state.beginning.get()
                    : CompletableFuture.completedFuture(
                            leader(local, state.inForce.orElseThrow().epoch()));
        }
        boolean sameTerm = state.inForce.map(Assignment::epoch).equals(Optional.of(assignment.epoch()));
        if (sameTerm && state.isInForce(assignment.epoch())) {
            return reconfigure(local, assignment);
        }
        KnownEpochs.Verdict verdict = state.epochs.judge(assignment.epoch());
        if (verdict != KnownEpochs.Verdict.NEWER) {
            throw new FencedException(
                    "epoch " + assignment.epoch() + " of volume " + assignment.volume() + " cannot attach: " + verdict,
                    state.epochs.highest().map(Epoch::number).orElse(0L));
        }
        if (local.hasSeen(assignment.epoch())) {
            throw new FencedException(
                    "epoch " + assignment.epoch() + " of volume " + assignment.volume()
                            + " has closed the gate of the own store before: a primary that begins anew needs a higher one",
                    assignment.epoch().number());
        }
        return begin(local, assignment);
    }

    /** The same term, with another replica set; one that begins yet begins with it. */
    private CompletionStage<Leadership> reconfigure(LocalReplica local, Assignment assignment)
            throws RecoveryException {
        State state = local.assigned();
        if (state.beginning.isPresent()) {
            state.inForce = Optional.of(assignment);
            return state.beginning.get();
        }
        VolumeLeader present = leader(local, assignment.epoch());
        state.inForce = Optional.of(assignment);
        present.reassign(assignment, false);
        return CompletableFuture.completedFuture(present);
    }

    /** The leader of the epoch in force. One whose end is only on its way, since its epoch was invalidated, is none. */
    private static VolumeLeader leader(LocalReplica local, Epoch epoch) throws RecoveryException {
        return local.leader()
                .filter(term -> term.epoch().equals(epoch)
                        && local.assigned().isInForce(epoch)
                        && !term.ended().toCompletableFuture().isDone())
                .orElseThrow(() -> new FencedException(
                        "the term " + epoch + " of volume " + local.id().volume()
                                + " is over and cannot attach again: assign a higher epoch",
                        epoch.number()));
    }

    private CompletionStage<Leadership> begin(LocalReplica local, Assignment assignment) {
        State state = local.assigned();
        Epoch epoch = assignment.epoch();
        state.epochs = state.epochs.seen(epoch);
        state.inForce = Optional.of(assignment);
        CompletableFuture<Leadership> begun = new CompletableFuture<>();
        state.beginning = Optional.of(begun);
        local.stopLeading("epoch " + epoch + " begins")
                .thenCompose(why -> local.adopt(epoch))
                .whenComplete((boundary, failure) -> local.strand().execute(() -> {
                    if (state.beginning.equals(Optional.of(begun))) {
                        state.beginning = Optional.empty();
                    }
                    try {
                        begun.complete(led(local, epoch, boundary, failure));
                    } catch (RecoveryException | RuntimeException failed) { // the latter of an adapter
                        takeBack(local, epoch);
                        begun.completeExceptionally(failed);
                    }
                }));
        return begun;
    }

    /** The own store has promised, or has not. An epoch that is not in force any more begins no term. */
    private VolumeLeader led(LocalReplica local, Epoch epoch, @Nullable Long boundary, @Nullable Throwable failure)
            throws RecoveryException {
        State state = local.assigned();
        if (failure != null || boundary == null) {
            throw failure == null ? new PermanentException("the own store has no head") : Failures.typed(failure);
        }
        if (!state.isInForce(epoch)) {
            throw new FencedException(
                    "epoch " + epoch + " was superseded or invalidated while it began", epoch.number());
        }
        VolumeLeader leader = host.newTerm(local, epoch, new GivenMembership(local.id()), boundary);
        if (!local.leads(leader)) {
            throw new CancelledException("the store of " + local.id() + " was closed while epoch " + epoch + " began");
        }
        leader.start(state.inForce.orElseThrow(), false).whenComplete((ready, error) -> {
            if (error != null) {
                LOG.atInfo()
                        .setMessage("a term ended early")
                        .addKeyValue("epoch", epoch)
                        .log();
            }
        });
        return leader;
    }

    /**
     * An epoch came to nothing: its own writer is shut out, and what was known before it is known again. Where it had not
     * closed the own gate yet, the same assignment may be tried again; where it had, it is spent.
     */
    private static void takeBack(LocalReplica local, Epoch epoch) {
        State state = local.assigned();
        local.retire(epoch);
        if (state.isInForce(epoch)) {
            state.inForce = Optional.empty();
            state.epochs = before(state.epochs, epoch);
        }
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
