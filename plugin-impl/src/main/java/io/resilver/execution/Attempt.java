package io.resilver.execution;

import io.resilver.engine.EpochLimit;
import io.resilver.engine.SenderMachine;
import io.resilver.engine.SenderState;
import io.resilver.replica.StoreSite;
import io.resilver.replica.link.Response;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.model.Token;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RecoveryPlan;
import io.resilver.spi.policy.Budgets;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One session of a sender and all that hangs on it: the stream, the plan, the slot, the execution with its pins, and then
 * keep-up. It ends once, by {@link #end}, which releases everything (R12); whatever comes after that is dropped. Lives on
 * the leader's strand.
 *
 * <pre>
 *   fence ──▶ fenced ──▶ plan ──▶ slot ──▶ execution ──▶ keep-up ──▶ end
 *     └──────────┴─────────┴────────┴──────────┴────────────────────▶ end
 * </pre>
 */
final class Attempt implements Session.Answers {
    private final SenderMachine machine;
    private final LeaderContext context;
    private final Leader leader;
    private final StrandIo io;
    private final Decider decider;
    private final Owner owner;
    private final Token token;
    private final HostId host;
    private final Session session;
    private final long askedNanos;
    private HostRuntime.@Nullable Timer patience;
    private Response.@Nullable Fenced fenced;
    private @Nullable RecoveryPlan plan;
    private @Nullable RetainedHistory planned;
    private RecoveryScheduler.@Nullable Slot slot;
    private @Nullable PlannedExecution execution;
    private @Nullable KeepUp keepUp;
    private boolean proven;
    private boolean ended;

    /** The sender that made the attempt. */
    interface Owner {
        /** The replica has promised the epoch and told where it stands. */
        void fenced(Response.Fenced answer, long askedNanos);

        /** The replica answered a question about its log or its image. */
        void digested(long question, Response answer);

        /** Something was decided. */
        void planned(Decision decision);

        /** Nothing can be proved now. */
        void undecided(Reason reason);

        /** In keep-up, the replica reported an LSN as durable. */
        void durable(long lsn);

        /** The replica has promised a higher epoch, or this one with another mint. */
        void refused(Response.Refused answer);

        /** The execution moved, or may have. */
        void moved(PlannedExecution running);

        /** The replica is fed at the head from here on. */
        void completed(RecoveryReport report);

        /** The attempt cannot go on: the owner ends it, and decides what is next. */
        void failed(RecoveryException cause);
    }

    Attempt(
            SenderMachine machine,
            Token token,
            HostId host,
            LeaderContext context,
            Leader leader,
            StrandIo io,
            SignsOfLife life,
            Owner owner) {
        this.machine = machine;
        this.token = token;
        this.host = host;
        this.context = context;
        this.leader = leader;
        this.io = io.part();
        this.owner = owner;
        this.decider = new Decider(context);
        this.askedNanos = io.nanos();
        this.session = new Session(
                machine.replica(),
                token,
                io.strand(),
                context.scheduler(),
                context.options().windowBytes(),
                life,
                io::nanos,
                this);
    }

    ReplicaId replica() {
        return machine.replica();
    }

    /** Connects and fences; gives up after the fence's time. */
    void begin(Endpoint endpoint) {
        machine.become(SenderState.FENCING, "fencing");
        Duration time = context.options().fenceTimeout();
        patience = io.after(time, () -> {
            if (!ended && fenced == null) {
                owner.failed(new RetriableException(
                        "replica " + replica() + " at " + endpoint + " did not answer its fence within " + time,
                        Duration.ZERO));
            }
        });
        // Last: should a host's own connector throw, the attempt ends when its patience does, like one that nobody
        // answers.
        session.fence(context.connector().open(host, endpoint, replica(), session));
    }

    boolean ended() {
        return ended;
    }

    /** What the fence answered. */
    Optional<Response.Fenced> fenced() {
        return Optional.ofNullable(fenced);
    }

    /** The replica's store, as the fence named it. */
    StoreSite target() {
        return new StoreSite(
                replica(),
                Objects.requireNonNull(fenced, "a target without a fence").adapter());
    }

    /** Whether agreement in content is proved, so that the replica may be called in sync (R7). */
    boolean proven() {
        return proven;
    }

    Optional<RecoveryPlan> plan() {
        return Optional.ofNullable(plan);
    }

    Optional<PlannedExecution> execution() {
        return Optional.ofNullable(execution);
    }

    Optional<KeepUp> keepUp() {
        return Optional.ofNullable(keepUp);
    }

    /** What the target last reported as durable. */
    OptionalLong durableLsn() {
        if (execution != null) {
            return OptionalLong.of(execution.durableLsn());
        }
        return keepUp != null ? OptionalLong.of(keepUp.durableLsn()) : OptionalLong.empty();
    }

    // ------------------------------------------------------------------------------------------------ what is answered

    @Override
    public void fenced(Response.Fenced answer) {
        if (fenced != null) {
            return;
        }
        cancelPatience();
        fenced = answer;
        long flushed = answer.position().flushedLsn();
        machine.become(SenderState.PLANNING, () -> "fenced at LSN " + flushed);
        owner.fenced(answer, askedNanos);
    }

    @Override
    public void refused(Response.Refused refused) {
        owner.refused(refused);
        String why = "replica " + replica() + " refused " + refused.token() + ": it has promised epoch "
                + refused.promisedEpoch();
        failed(
                EpochLimit.isExceededBy(refused.promisedEpoch())
                        ? new PermanentException(why + ", and the highest there can be is " + EpochLimit.HIGHEST
                                + ": its promise is corrupt, empty its store")
                        : new RetriableException(why, Duration.ZERO));
    }

    @Override
    public void durable(long lsn) {
        if (keepUp != null) {
            if (keepUp.durable(lsn)) {
                owner.durable(lsn);
            }
        } else if (execution != null) {
            execution.durable(lsn);
            moved();
        }
    }

    @Override
    public void other(Response answer) {
        if (answer instanceof Response.LogDigest digest) {
            owner.digested(digest.question(), digest);
        } else if (answer instanceof Response.ImageDigest digest) {
            owner.digested(digest.question(), digest);
        } else if (answer instanceof Response.NotDigested not) {
            owner.digested(not.question(), not);
        } else if (execution != null) {
            execution.answered(answer);
            moved();
        }
    }

    /** The session, to ask questions in that change nothing. */
    Session session() {
        return session;
    }

    private void moved() {
        if (execution != null) {
            owner.moved(execution);
        }
    }

    @Override
    public void failed(RecoveryException cause) {
        if (ended) {
            return;
        }
        if (execution != null) {
            execution.fail(cause); // releases its pins, then comes back through executionEnded()
        } else {
            owner.failed(cause);
        }
    }

    /** What is due by time. */
    void tick() {
        if (fenced != null) {
            session.ask();
        }
        if (keepUp != null) {
            guarded(keepUp::tick);
        }
    }

    /** A failure of a policy or an adapter's bug ends this attempt, not the volume. */
    private void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | Error bug) {
            failed(StrandIo.typed(bug));
        }
    }

    // ------------------------------------------------------------------------------------------------ deciding

    /** Has it decided what the replica needs; then one of the two. */
    void decide(
            ReplicaPosition position,
            boolean rebuild,
            Consumer<RecoveryPlan> done,
            Consumer<RecoveryException> failed) {
        Duration window = planningWindow();
        AtomicBoolean over = new AtomicBoolean(); // the answer and the end of the window may be on the strand both
        HostRuntime.Timer longest = io.after(window, () -> {
            if (over.compareAndSet(false, true)) {
                failed.accept(new RetriableException(
                        io.waitsFor().orElse("the history of " + io.site() + " did not come") + " for more than "
                                + window,
                        Duration.ZERO));
            }
        });
        io.run(
                leader::history,
                history -> {
                    if (!over.compareAndSet(false, true)) {
                        return;
                    }
                    longest.cancel();
                    if (ended) {
                        failed.accept(new CancelledException("session " + token + " of " + replica() + " is over"));
                        return;
                    }
                    if (machine.state() != SenderState.PLANNING) { // another plan is under way, and stays the one (R8)
                        failed.accept(new RetriableException(
                                "replica " + replica() + " is " + machine.state()
                                        + ": another plan was begun meanwhile",
                                Duration.ZERO));
                        return;
                    }
                    RecoveryPlan made;
                    try {
                        made = decider.decide(target(), token, history, position, leader.standing(replica()), rebuild);
                        Decider.heardCommitted(history, fencedPosition()).ifPresent(leader::heardCommitted);
                    } catch (RecoveryException | RuntimeException e) {
                        failed.accept(StrandIo.typed(e));
                        return;
                    }
                    planned = history;
                    plan = made;
                    proven = decider.proves(made.decision());
                    owner.planned(made.decision());
                    done.accept(made);
                },
                cause -> {
                    if (over.compareAndSet(false, true)) {
                        longest.cancel();
                        failed.accept(cause);
                    }
                });
    }

    /** Plans, waits for a slot and executes, all by itself. */
    void recover(boolean rebuild) {
        decide(fencedPosition(), rebuild, made -> guarded(() -> planReady(made)), cause -> {
            if (!ended && execution == null) { // a host that drives the steps may have begun a plan of its own
                owner.failed(cause);
            }
        });
    }

    /** What is to be done is not known yet: how long a store may take to tell its history is as in keep-up. */
    private Duration planningWindow() {
        try {
            return keepUpBudgets(0).noProgress();
        } catch (RuntimeException bug) { // of the policy: it fails what asks it next, which is more than reading
            return RecoveryPolicy.DEFAULT_NO_PROGRESS;
        }
    }

    private ReplicaPosition fencedPosition() {
        return Objects.requireNonNull(fenced, "a plan without a fence").position();
    }

    private void planReady(RecoveryPlan made) {
        if (made.decision() instanceof Decision.Undecided undecided) {
            owner.undecided(undecided.reason());
            return;
        }
        int priority = context.policy().priority(replica(), made.decision());
        machine.become(SenderState.WAITING, "waiting for a slot");
        slot = context.scheduler()
                .acquireSlot(
                        replica(),
                        host,
                        priority,
                        () -> io.strand()
                                .execute(() -> guarded(() -> {
                                    if (!ended) {
                                        drive(execute(made));
                                    }
                                })));
    }

    // ------------------------------------------------------------------------------------------------ executing

    /** Begins the plan. */
    PlannedExecution execute(RecoveryPlan begun) {
        PlannedExecution made = new PlannedExecution(
                begun,
                Objects.requireNonNull(planned, "a plan without its history"),
                fencedPosition().flushedLsn(),
                new AttemptPorts(this, context, leader, io, session));
        execution = made;
        long target = made.targetLsn();
        machine.become(SenderState.RECOVERING, () -> begun.decision().outcome() + " to LSN " + target);
        context.events().accept(new RecoveryEvent.RecoveryStarted(begun));
        return made;
    }

    private static void drive(PlannedExecution driven) {
        driven.step().whenComplete((step, failure) -> {
            if (failure != null) {
                return; // told through executionEnded() already
            }
            if (step.done()) {
                driven.complete();
            } else {
                drive(driven);
            }
        });
    }

    /** The execution failed or was cancelled; its pins are released already. */
    void executionEnded(RecoveryException cause) {
        owner.failed(cause);
    }

    /** The execution is complete; its feeder goes on as keep-up. */
    void completed(RecoveryReport report, Feeder feeder) {
        execution = null;
        plan = null;
        releaseSlot();
        machine.become(SenderState.KEEPING_UP, () -> "durable at LSN " + report.achievedLsn());
        guarded(() -> keepUp(report, feeder));
        if (keepUp == null) {
            feeder.close(); // nobody owns it otherwise
        }
    }

    private void keepUp(RecoveryReport report, Feeder feeder) {
        KeepUp follows = new KeepUp(
                feeder, report.achievedLsn(), leader, io, keepUpBudgets(report.achievedLsn()), this::keepUpFailed);
        keepUp = follows;
        owner.completed(report);
        if (!ended) {
            follows.pump();
        }
    }

    private Budgets keepUpBudgets(long lsn) {
        return context.policy().budgets(replica(), new Decision.ZeroGap(Reason.AT_COMMITTED, true, lsn));
    }

    private void keepUpFailed(RecoveryException cause) {
        if (cause instanceof LogTrimmedException && keepUp != null) {
            context.events()
                    .accept(new RecoveryEvent.PinRevoked(
                            replica(),
                            keepUp.held().request(),
                            keepUp.heldBytesAtEnd(),
                            String.valueOf(cause.getMessage())));
        }
        owner.failed(cause);
    }

    // ------------------------------------------------------------------------------------------------ the end

    /** Ends the session and releases all that hangs on it, in whatever state (R12, R13). Idempotent. */
    void end(RecoveryException cause) {
        if (ended) {
            return;
        }
        ended = true;
        cancelPatience();
        if (execution != null) {
            execution.end(cause);
        }
        if (keepUp != null) {
            keepUp.close();
        }
        releaseSlot();
        session.end();
    }

    private void releaseSlot() {
        if (slot != null) {
            slot.close();
            slot = null;
        }
    }

    private void cancelPatience() {
        if (patience != null) {
            patience.cancel();
            patience = null;
        }
    }
}
