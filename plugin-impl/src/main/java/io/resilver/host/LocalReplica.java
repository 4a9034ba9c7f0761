package io.resilver.host;

import io.resilver.execution.VolumeLeader;
import io.resilver.replica.ReplicaTarget;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * One replica whose store is open on this host: its gate, its strand, and the term that this host leads with it, if any.
 * Thread safe.
 */
final class LocalReplica {
    private final VolumeStore store;
    private final Incarnation incarnation;
    private final ReplicaTarget target;
    private final Strand strand;
    private final HostRuntime runtime;
    private final Assignments.State assigned = new Assignments.State();
    private volatile Optional<VolumeLeader> leader = Optional.empty();
    private volatile Optional<Epoch> conflict = Optional.empty();
    private volatile boolean closed;

    LocalReplica(VolumeStore store, Incarnation incarnation, ReplicaTarget target, Strand strand, HostRuntime runtime) {
        this.store = store;
        this.incarnation = incarnation;
        this.target = target;
        this.strand = strand;
        this.runtime = runtime;
    }

    ReplicaId id() {
        return store.replica();
    }

    VolumeStore store() {
        return store;
    }

    Incarnation incarnation() {
        return incarnation;
    }

    Strand strand() {
        return strand;
    }

    /** What the host's own authority assigned to this store; for the strand. */
    Assignments.State assigned() {
        return assigned;
    }

    /** The term in force, or the last one. */
    Optional<VolumeLeader> leader() {
        return leader;
    }

    /**
     * A term begins; with its end its own writer is shut out of the store (R2).
     *
     * @return false when the store is closed, or being closed: the term is ended at once
     */
    boolean leads(VolumeLeader term) {
        leader = Optional.of(term);
        term.ended().whenComplete((why, never) -> retire(term.epoch()));
        if (closed) { // who closes it looked for a leader before this, or finds this one
            term.stop("its store is closed");
        }
        return !closed;
    }

    /** Lets the own writer of a term in no more. */
    void retire(Epoch epoch) {
        target.gate().retire(own(epoch));
    }

    /** Whether the gate is bound to this very epoch already, promised or not: its own writer is let in once only (R5). */
    boolean hasSeen(Epoch epoch) {
        return target.gate().level().equals(Optional.of(epoch));
    }

    /** Ends the term, if there is one. */
    CompletionStage<String> stopLeading(String why) {
        return leader.map(term -> term.stop(why)).orElseGet(() -> CompletableFuture.completedFuture("not leading"));
    }

    /**
     * What a new primary does with its own store (R32): shuts out lower tokens, waits for what was admitted, promises
     * durably, and only then reads its head.
     *
     * @return the adopted head
     */
    CompletionStage<Long> adopt(Epoch epoch) {
        return openGate(epoch)
                .thenCompose(open -> target.fence(own(epoch)))
                .thenApply(fenced -> fenced.position().flushedLsn());
    }

    /** The store has promised another term of this number: its gate stays shut until a higher epoch is known (R42). */
    void conflicts(Epoch read) {
        conflict = Optional.of(read);
    }

    /** Whether the gate is shut by a conflict. */
    boolean isShut() {
        return conflict.isPresent();
    }

    /** Whether an epoch settles the conflict that keeps the gate shut. */
    private boolean opensWith(Epoch epoch) {
        return conflict.filter(each -> epoch.number() > each.number()).isPresent();
    }

    /** Opens the gate where it is shut by a conflict, once the store has durably promised the epoch given. */
    CompletionStage<Void> openGate(Epoch epoch) {
        return opensWith(epoch)
                ? target.open(Optional.of(epoch)).thenAccept(promised -> conflict = Optional.empty())
                : CompletableFuture.completedFuture(null);
    }

    /**
     * The gate, as the primary's own writer enters it. Who has seen the end of the term is let in no more: others hear of
     * the end at the same time as the gate.
     */
    VolumeLeader.LocalGate writerGate(Epoch epoch) {
        Token own = own(epoch);
        return () -> {
            Admission pass = target.gate().enter(own);
            if (isOver(epoch)) {
                pass.close();
                throw new FencedException("the term " + epoch + " of " + id().volume() + " is over", epoch.number());
            }
            return pass;
        };
    }

    private boolean isOver(Epoch epoch) {
        return leader.filter(term -> term.epoch().equals(epoch))
                .map(term -> term.ended().toCompletableFuture().isDone())
                .orElse(false);
    }

    private Token own(Epoch epoch) {
        return new Token(incarnation, epoch, 0);
    }

    <T> CompletionStage<T> io(Callable<T> call) {
        return Io.call(runtime, call);
    }

    /** Ends everything that works on the store, then closes it. */
    CompletionStage<Void> close(Function<ReplicaId, CompletionStage<Void>> serveNoMore, String why) {
        closed = true; // first: a term that begins meanwhile sees it, or is found
        return stopLeading(why)
                .thenCompose(ended -> serveNoMore.apply(id()))
                .handle((nobody, failure) -> io(
                        () -> { // closed whatever came before: what is appended must become durable
                            store.close();
                            return (Void) null;
                        }))
                .thenCompose(same -> same);
    }

    /** The leader, for what needs one. */
    VolumeLeader requireLeader() throws RecoveryException {
        return leader.filter(term -> !term.ended().toCompletableFuture().isDone())
                .orElseThrow(() -> new RetriableException(
                        "this host does not lead volume " + id().volume() + ": assign or lead it first",
                        Duration.ZERO));
    }

    /** Whether an assignment is of this incarnation and replica. */
    boolean fits(Assignment assignment) {
        return assignment.self().equals(id()) && assignment.incarnation().equals(incarnation);
    }
}
