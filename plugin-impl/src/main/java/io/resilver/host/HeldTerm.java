package io.resilver.host;

import io.resilver.coordination.HostNode;
import io.resilver.coordination.HostSession;
import io.resilver.coordination.TakeOver;
import io.resilver.coordination.TakeOverPace;
import io.resilver.coordination.Tenure;
import io.resilver.coordination.VolumeRecord;
import io.resilver.execution.VolumeLeader;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.model.ReplicaId;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The term that this host won for one volume, from the mint to its end: the store adopts it, a leader works under it, and it is
 * confirmed in each new session. On the replica's strand.
 */
final class HeldTerm {
    private static final Logger LOG = LoggerFactory.getLogger(HeldTerm.class);

    private final LocalReplica replica;
    private final HostSession session;
    private final TakeOverPace pace;
    private final LeadLoop.LeaderFactory factory;
    private final Listener listener;
    private Optional<Tenure> tenure = Optional.empty();
    private Optional<Leadership> ready = Optional.empty();
    private boolean confirming;
    private boolean closed;

    /** Hears how a term goes, on the strand. */
    interface Listener {
        /** Every other member was fenced or removed: the host may use it. */
        void ready(Leadership term);

        /** It has committed something. */
        void committed();

        /** It has ended. */
        void over();
    }

    HeldTerm(
            LocalReplica replica,
            HostSession session,
            TakeOverPace pace,
            LeadLoop.LeaderFactory factory,
            Listener listener) {
        this.replica = replica;
        this.session = session;
        this.pace = pace;
        this.factory = factory;
        this.listener = listener;
    }

    boolean isHeld() {
        return tenure.isPresent();
    }

    Optional<Leadership> ready() {
        return ready;
    }

    /** Whether every replica of the volume is a member: then nobody is awaited whose record would tell of it. */
    boolean isComplete() {
        return tenure.map(Tenure::record)
                .filter(record -> record.inSync().size() == record.replicas().size())
                .isPresent();
    }

    /**
     * Takes on a term that was won: the store adopts it, then a leader begins (R32).
     *
     * @return completes once the leader begins, or the term is over
     */
    CompletionStage<Void> adopt(TakeOver.Minted minted) {
        Tenure won = minted.tenure();
        tenure = Optional.of(won);
        CompletableFuture<Void> adopted = new CompletableFuture<>();
        if (closed) {
            adopted.complete(null); // who closes resigns it
            return adopted;
        }
        replica.adopt(won.epoch())
                .whenComplete((boundary, failure) -> on(() -> {
                    if (failure != null || closed) {
                        over(won, failure == null ? "it is closed" : String.valueOf(failure.getMessage()));
                    } else {
                        begin(won, minted.record(), boundary);
                    }
                    adopted.complete(null);
                }));
        return adopted;
    }

    private void begin(Tenure won, VolumeRecord record, long boundary) {
        VolumeLeader leader;
        try {
            leader = factory.make(replica, won, boundary);
        } catch (RuntimeException bug) { // of an adapter: the term is over, and the volume is tried again
            LOG.atError()
                    .setMessage("a term that was won could not begin")
                    .addKeyValue("replica", replica.id())
                    .addKeyValue("epoch", won.epoch())
                    .setCause(bug)
                    .log();
            over(won, "it could not begin: " + bug);
            return;
        }
        replica.leads(leader);
        leader.ended().whenComplete((why, error) -> on(() -> over(won, why)));
        // Getting ready is no success yet: a primary that lacks entries gets ready time and again (R33).
        leader.whenCommitted(boundary)
                .whenComplete((nothing, error) -> on(() -> {
                    if (error == null) {
                        listener.committed();
                    }
                }));
        leader.start(assignment(record), true)
                .whenComplete((leadership, error) -> on(() -> {
                    if (error == null) {
                        ready = Optional.of(leadership);
                        listener.ready(leadership);
                    }
                }));
    }

    private void over(Tenure term, String why) {
        if (closed || !tenure.equals(Optional.of(term))) {
            return; // whoever closes it, or gave it back, resigns it
        }
        term.standDown(why);
        tenure = Optional.empty();
        ready = Optional.empty();
        listener.over();
    }

    /** A record was read: a hint of endpoints that moved, of a configuration that changed, or of the end (R35). */
    void recordSeen(VolumeRecord record) {
        if (tenure.isEmpty()) {
            return;
        }
        if (!record.epoch().equals(tenure.get().epoch())) {
            // What was read decides nothing: the compare-and-set that this asks for ends the term, or does not (R35).
            replica.leader().ifPresent(VolumeLeader::refreshMembership);
        } else {
            // Another one, not only a higher one: a record that was put back has a lower one (R42).
            boolean changed = record.configuration() != tenure.get().record().configuration();
            replica.leader().ifPresent(term -> {
                term.reassign(assignment(record), true);
                if (changed) {
                    term.refreshMembership();
                }
            });
        }
    }

    /** Whether the record names another session of this host than the one in force. */
    boolean isUnconfirmed() {
        Optional<HostNode> node = session.node();
        return node.isPresent()
                && tenure.isPresent()
                && !tenure.get().record().primary().equals(node);
    }

    /**
     * Confirms the term, in the host's turn, where the record names this host's own earlier session (R38): a new session makes
     * all of a host's terms ask for it. Only another mint ends the term; whatever else goes wrong is tried again with the next
     * look.
     */
    void confirm() {
        if (closed || confirming || !isUnconfirmed()) {
            return;
        }
        confirming = true;
        pace.enter(replica.strand(), this::confirmNow);
    }

    private void confirmNow(TakeOverPace.Turn turn) {
        if (closed || !isUnconfirmed()) {
            confirming = false;
            turn.leave();
            return;
        }
        tenure.orElseThrow()
                .confirm()
                .whenComplete((record, failure) -> on(() -> {
                    confirming = false;
                    turn.leave();
                    if (failure == null) {
                        replica.leader().ifPresent(VolumeLeader::membershipConfirmed);
                    } else if (Failures.typed(failure) instanceof FencedException deposed) {
                        replica.stopLeading("the term was not confirmed in a new session: " + deposed.getMessage());
                    }
                }));
    }

    /**
     * Takes a replica out of the volume, member or not, by this term's own change of the record (R31, R41).
     *
     * @return completes with whether there is a term, once its senders know; fails as {@link Tenure#remove} does
     */
    CompletionStage<Boolean> remove(ReplicaId gone) {
        return tenure.map(held -> held.remove(gone)
                        .<Boolean>thenApplyAsync(
                                record -> {
                                    replica.leader().ifPresent(VolumeLeader::membershipConfirmed);
                                    recordSeen(record);
                                    return true;
                                },
                                replica.strand()))
                .orElseGet(() -> CompletableFuture.completedFuture(false));
    }

    /** From now on a term that ends, or is won yet, is resigned by {@link #handOver}. */
    void close() {
        closed = true;
    }

    /** Ends the term, if there is one, and says so in the record: the others need not wait (R39). */
    CompletionStage<Void> handOver(String why) {
        Optional<Tenure> held = tenure;
        CompletableFuture<Void> answer = new CompletableFuture<>();
        replica.stopLeading(why).whenComplete((ended, failure) -> {
            if (held.isPresent()) {
                held.get().resign().whenComplete((record, error) -> answer.complete(null));
            } else {
                answer.complete(null);
            }
        });
        return answer;
    }

    /** Hands the term over while this host goes on: it may be asked for another. */
    void giveBack(String why) {
        handOver(why);
        tenure = Optional.empty();
        ready = Optional.empty();
        listener.over();
    }

    private void on(Runnable task) {
        replica.strand().execute(task);
    }

    private Assignment assignment(VolumeRecord record) {
        return new Assignment(
                record.volume(),
                record.incarnation(),
                record.epoch(),
                record.configuration(),
                replica.id(),
                record.replicas().stream()
                        .map(each -> new ReplicaAssignment(each.id(), each.host(), each.endpoint(), Duty.FOLLOW))
                        .toList());
    }
}
