package io.resilver.host;

import io.resilver.coordination.HostNode;
import io.resilver.coordination.HostSession;
import io.resilver.coordination.TakeOver;
import io.resilver.coordination.TakeOverPace;
import io.resilver.coordination.TakeOverWatch;
import io.resilver.coordination.Tenure;
import io.resilver.coordination.UncleanPermission;
import io.resilver.coordination.VolumeAuthority;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.Volumes;
import io.resilver.execution.VolumeLeader;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads one volume whenever this host may: watches the record and the primary, and takes over when the watch says so (R39) and
 * the host's pace has a turn. Nothing is polled: one timer is set for the next time at which there is something to look for,
 * and news sets it anew. State lives on the replica's strand.
 *
 * <pre>
 *   asked ──▶ watching ──(watch says now)──▶ in line ──▶ minting ──(won)──▶ {@link HeldTerm} ──(over)──▶ watching
 *                ▲                              │           │ lost
 *                └──────── back-off ◀───────────┴───────────┘
 * </pre>
 */
final class LeadLoop implements HeldTerm.Listener, RecordLook.Listener, TakeOverTries.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(LeadLoop.class);

    /** No two looks follow each other closer than this, whatever the clock's grain. */
    private static final Duration LEAST_WAIT = Duration.ofMillis(1);

    /** By then whoever ended its streams to hand a volume over has written so into the record, if all is well. */
    private static final Duration HANDED_OVER = Duration.ofMillis(100);

    private final LocalReplica replica;
    private final VolumeAuthority authority;
    private final TakeOverWatch watch;
    private final TakeOverPace pace;
    private final HostSession session;
    private final HostRuntime runtime;
    private final HeldTerm term;
    private final RecordLook look;
    private final Callers callers;
    private final TakeOverTries tries;

    private HostRuntime.Timer timer = () -> {};
    private HostRuntime.Timer lookAgain = () -> {};
    private boolean started;
    private boolean closed;

    /** Makes a leader for a term. */
    @FunctionalInterface
    interface LeaderFactory {
        VolumeLeader make(LocalReplica replica, Tenure tenure, long boundaryLsn);
    }

    LeadLoop(
            LocalReplica replica,
            VolumeAuthority authority,
            TakeOverWatch watch,
            TakeOverPace pace,
            Volumes volumes,
            HostSession session,
            LeaderFactory factory,
            HostRuntime runtime) {
        this.replica = replica;
        this.authority = authority;
        this.watch = watch;
        this.pace = pace;
        this.session = session;
        this.runtime = runtime;
        this.term = new HeldTerm(replica, session, pace, factory, this);
        this.look = new RecordLook(replica, pace, volumes, session, runtime, this);
        this.tries = new TakeOverTries(replica, authority, watch, look, this);
        this.callers = new Callers(replica.id().volume());
    }

    /** Begins to look: a store whose gate is shut is opened as soon as the record allows it (R42). */
    void start() {
        on(() -> {
            started = true;
            arm();
        });
    }

    /**
     * Leads as soon as this host may; while it leads already, answers with that term once it is ready. Fails with a {@link
     * io.resilver.spi.error.ResourceExhaustedException} while {@link Callers#MOST_WAITING} callers wait already; who cancels the answer is none of them.
     */
    CompletionStage<Leadership> lead() {
        CompletableFuture<Leadership> answer = new CompletableFuture<>();
        on(() -> {
            Optional<Leadership> present = term.ready()
                    .filter(each -> !each.ended().toCompletableFuture().isDone());
            if (!callers.add(answer, present)) {
                return;
            }
            started = true;
            look.look(isWell());
            arm();
        });
        return answer;
    }

    /**
     * Tries to lead at once, whatever the watch says, with a person's permission that is good for this attempt (R32).
     *
     * @return the term once it is ready; fails when the attempt came to nothing
     */
    CompletionStage<Leadership> lead(UncleanPermission once) {
        CompletableFuture<Void> mine = new CompletableFuture<>();
        on(() -> {
            if (closed || tries.areUnderWay() || term.isHeld()) {
                mine.completeExceptionally(Unclean.busy(replica.id().volume()));
                return;
            }
            tries.begin(once).whenComplete((won, failure) -> {
                if (failure == null) {
                    mine.complete(null);
                } else {
                    mine.completeExceptionally(failure);
                }
            });
        });
        return mine.thenCompose(minted -> lead());
    }

    /** Another set of hosts is there: a primary may be gone, or a replica's host have come back. */
    void hostsSeen(Set<HostNode> live) {
        on(() -> {
            watch.hostsSeen(session.node(), live);
            look.expect();
            next();
        });
    }

    /** Somebody is not where the record said: it may say something else by now. */
    void recordDoubted() {
        on(() -> look.look(isWell()));
    }

    /** The record was read for another reason: this host may have something to say in it, whether or not it asks to lead. */
    void recordRead(VolumeRecord record) {
        authority.recordSeen(record);
    }

    /** Somebody has promised more than this host's term (R42). */
    void promiseMet(long epochNumber) {
        on(() -> tries.promiseMet(epochNumber));
    }

    /** Takes a replica out of the volume if this host leads it; answers whether it does (R41). */
    CompletionStage<Boolean> remove(ReplicaId gone) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        on(() -> term.remove(gone).whenComplete((removed, failure) -> {
            if (failure == null) {
                answer.complete(removed);
            } else {
                answer.completeExceptionally(failure);
            }
        }));
        return answer;
    }

    void heardFromPrimary() {
        watch.heardFromPrimary();
    }

    /** A connection broke over which a host had sent to this replica (R39). */
    void linkLost(HostId from) {
        long at = watch.nanos(); // what the primary says from now on is heard at once, and not in turn
        on(() -> {
            look.expect(); // once the grace is over, the record is not what was read before
            if (!watch.linkLost(from, at) && isAwake()) {
                look.look(isWell()); // it may lead by a record that was not seen yet
            }
            arm();
        });
    }

    /**
     * A sender closed its stream to this replica: perhaps its term is over and the record says so, now or in a moment, since
     * whoever hands a volume over ends its streams first. It is no sign that anything is wrong.
     */
    void senderLeft() {
        on(() -> {
            if (closed || term.isHeld() || !isAwake()) {
                return;
            }
            look.look(isWell());
            lookAgain.cancel();
            lookAgain = runtime.after(HANDED_OVER, () -> on(() -> look.look(isWell())));
        });
    }

    /** A new session of this host: the term in force is confirmed in place, without a new epoch (R38). */
    void sessionOpened() {
        on(() -> {
            look.expect();
            term.confirm();
            arm();
        });
    }

    /** This host is refused for good: whoever waits for a term hears it, and so does who asks later (R43). */
    void denied(RecoveryException why) {
        on(() -> callers.never(why));
    }

    /** Ends the term gracefully: the others need not wait (R39). Whoever waits for one hears why there will be none. */
    CompletionStage<Void> close(String why) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        on(() -> {
            closed = true;
            timer.cancel();
            lookAgain.cancel();
            look.close();
            term.close();
            callers.never(why);
            // A mint that is under way may be won yet: then it is handed over too.
            tries.settled()
                    .whenComplete((nothing, never) ->
                            on(() -> term.handOver(why).whenComplete((handed, error) -> answer.complete(null))));
        });
        return answer;
    }

    private void on(Runnable task) {
        replica.strand().execute(task);
    }

    /** Does what it is time for, and sets the timer for what comes next. */
    private void next() {
        if (closed) {
            return;
        }
        if (mayTry()) {
            tries.begin(pace);
        } else if (isAwake() && look.dueIn(isWell()).isZero()) {
            term.confirm();
            look.look(isWell());
        }
        arm();
    }

    private boolean mayTry() {
        return callers.areWaiting()
                && wantsTerm()
                && !tries.areUnderWay()
                && watch.nextTry().map(Duration::isZero).orElse(false);
    }

    /** Whether anything is wanted of this volume here: who neither leads nor asked to, and is served, only listens. */
    private boolean isAwake() {
        return started && (callers.areWaiting() || term.isHeld() || replica.isShut());
    }

    @Override
    public boolean wantsTerm() {
        return !closed && !term.isHeld();
    }

    @Override
    public boolean isWell() {
        if (replica.isShut() || term.isUnconfirmed()) {
            return false;
        }
        return term.isHeld() ? term.isComplete() : !watch.doubtIn().isZero();
    }

    private void arm() {
        arm(LEAST_WAIT);
    }

    private void arm(Duration least) {
        timer.cancel();
        if (closed || !isAwake()) {
            return;
        }
        Duration wait = look.dueIn(isWell());
        if (!term.isHeld()) {
            if (!watch.doubtIn().isZero()) {
                wait = shorter(wait, watch.doubtIn());
            }
            if (callers.areWaiting() && !tries.areUnderWay()) {
                wait = shorter(wait, watch.nextTry().orElse(wait));
            }
        }
        timer = runtime.after(wait.compareTo(least) < 0 ? least : wait, () -> on(this::next));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    @Override
    public void recordSeen(VolumeRecord record) {
        watch.recordSeen(record);
        authority.recordSeen(record);
        replica.openGate(record.epoch()).exceptionally(this::staysShut);
        term.recordSeen(record);
    }

    @Override
    public void hostsSeen(Optional<HostNode> own, Set<HostNode> live) {
        watch.hostsSeen(own, live);
    }

    @Override
    public void looked() {
        next();
    }

    /** What was seen may say that it is time to take over: the turn is this volume's, and nothing is to be read again. */
    @Override
    public boolean keepsTurn(TakeOverPace.Turn turn) {
        if (!mayTry()) {
            return false;
        }
        tries.begin(turn);
        arm();
        return true;
    }

    private @Nullable Void staysShut(Throwable why) {
        LOG.atWarn()
                .setMessage("a store's gate stays shut: it is tried again")
                .addKeyValue("replica", replica.id())
                .addKeyValue("why", Failures.typed(why).getMessage())
                .log();
        return null;
    }

    @Override
    public CompletionStage<Void> won(TakeOver.Minted minted) {
        CompletionStage<Void> begun = term.adopt(minted);
        arm();
        return begun;
    }

    @Override
    public void lost() {
        look.look(isWell());
        arm();
    }

    @Override
    public void putOff(Duration least) {
        arm(least.compareTo(LEAST_WAIT) < 0 ? LEAST_WAIT : least);
    }

    @Override
    public void ready(Leadership leadership) {
        if (!callers.ready(leadership)) {
            term.giveBack("nobody waits to lead it any more");
        }
    }

    @Override
    public void committed() {
        watch.succeeded();
    }

    @Override
    public void over() {
        watch.failed();
        look.expect();
        look.look(isWell());
        arm();
    }
}
