package io.resilver.execution;

import io.resilver.engine.SenderMachine;
import io.resilver.engine.SenderState;
import io.resilver.replica.link.Response;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.ReplicaStatus;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RecoveryPlan;
import io.resilver.spi.policy.NextAttempt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The one sender to a replica (R1): opens sessions, has the planner decide, executes, keeps up, and tries again as the
 * policy says. Lives on its leader's strand.
 */
final class Sender implements Session.Answers {
    private final SenderMachine machine;
    private final LeaderContext context;
    private final Leader leader;
    private final StrandIo io;
    private final Decider decider;
    private final List<CompletableFuture<RecoveryReport>> waiting = new ArrayList<>();
    private ReplicaAssignment assignment;
    private @Nullable Session session;
    private Response.@Nullable Fenced fenced;
    private @Nullable CompletableFuture<Fenced> fencing;
    private HostRuntime.@Nullable Timer timer;
    private @Nullable RecoveryPlan plan;
    private @Nullable RetainedHistory planned;
    private @Nullable PlannedExecution execution;
    private RecoveryScheduler.@Nullable Ticket ticket;
    private @Nullable KeepUp keepUp;
    private boolean automatic;
    private boolean holdsSlot;
    private boolean rebuildNext;
    private boolean proven;
    private int failures;
    private long lastProgressEventNanos;
    private long answeredNanos;
    private boolean everAnswered;
    /** When the present session's fence was sent: its answer counts from then (R37). */
    private long askedNanos;

    private Optional<Outcome> lastOutcome = Optional.empty();
    private long lastBytes;

    /** What a sender tells its leader. All on the strand. */
    interface Leader {
        /** The history with the leader's boundary as committed; blocks, on the I/O executor. */
        RetainedHistory history() throws RecoveryException;

        OptionalLong committedLsn();

        long headLsn();

        boolean mayStartBulkStep();

        /** The replica has promised this term's epoch. */
        void fenced(Sender sender);

        /** The replica is fed at the head from this LSN on. */
        void keepingUp(Sender sender, long durableLsn);

        void durable(Sender sender, long lsn);

        void answered(Sender sender, long askedNanos);

        /** The session is over: the replica counts for nothing until it is counted again. */
        void sessionEnded(Sender sender);

        /** The replica holds acknowledged entries that this primary lacks (R33). */
        void sourceIncomplete(Sender sender);

        /** The replica has promised a higher epoch, or this one with another mint. */
        void refused(Sender sender, Response.Refused refused);
    }

    Sender(ReplicaAssignment assignment, LeaderContext context, Leader leader, StrandIo io) {
        this.assignment = assignment;
        this.context = context;
        this.leader = leader;
        this.io = io;
        this.decider = new Decider(context);
        this.machine = new SenderMachine(assignment.replica(), context.incarnation(), assignment.endpoint());
        machine.raise(context.epoch());
        this.lastProgressEventNanos =
                io.nanos() - context.options().progressInterval().toNanos();
    }

    ReplicaId replica() {
        return machine.replica();
    }

    SenderState state() {
        return machine.state();
    }

    /** Whether agreement in content is proved, so that the replica may be called in sync (R7). */
    boolean proven() {
        return proven;
    }

    Optional<StoreIdentity> store() {
        return fenced == null ? Optional.empty() : Optional.of(fenced.store());
    }

    Optional<KeepUp> keepUp() {
        return Optional.ofNullable(keepUp);
    }

    /** When it last gave a sign of life: the time of the question that it answered. */
    OptionalLong answeredNanos() {
        return everAnswered ? OptionalLong.of(answeredNanos) : OptionalLong.empty();
    }

    // ------------------------------------------------------------------------------------------------ what is asked

    /** Recovers the replica and keeps it in sync from then on; the answer is the first success, or the giving up. */
    CompletionStage<RecoveryReport> recover() {
        CompletableFuture<RecoveryReport> answer = new CompletableFuture<>();
        if (state() == SenderState.CLOSED) {
            answer.completeExceptionally(gone());
            return answer;
        }
        waiting.add(answer);
        automatic = true;
        if (machine.session().isEmpty()) {
            attempt();
        } else if (keepUp != null || (state() == SenderState.PLANNING && plan == null)) {
            restart("recovery was asked for");
        }
        return answer;
    }

    /** Opens a new session, whatever the sender is doing (R1), and answers with the position. */
    CompletableFuture<Fenced> fence() {
        CompletableFuture<Fenced> answer = new CompletableFuture<>();
        if (state() == SenderState.CLOSED) {
            answer.completeExceptionally(gone());
            return answer;
        }
        automatic = false;
        RecoveryException superseded = new CancelledException("a new session of " + replica() + " was asked for");
        endSession(superseded, SenderState.IDLE);
        failFencing(superseded);
        fencing = answer;
        attempt();
        return answer;
    }

    /** Plans the fenced replica. */
    CompletableFuture<RecoveryPlan> plan(ReplicaPosition position, boolean rebuild) {
        CompletableFuture<RecoveryPlan> answer = new CompletableFuture<>();
        if (fenced == null || state() != SenderState.PLANNING) {
            answer.completeExceptionally(new RetriableException(
                    "replica " + replica() + " is " + state() + ": fence it before planning", Duration.ZERO));
            return answer;
        }
        decide(position, rebuild, answer::complete, answer::completeExceptionally);
        return answer;
    }

    /** The position that the present session's fence answered. */
    Optional<ReplicaPosition> position() {
        return fenced == null ? Optional.empty() : Optional.of(fenced.position());
    }

    /** Begins a plan of the present session, once. */
    RecoveryExecution begin(RecoveryPlan wanted) throws RecoveryException {
        if (plan == null || !plan.equals(wanted) || !machine.accepts(wanted.token())) {
            throw new PermanentException("the plan for " + replica() + " is not of its present session: plan again");
        }
        if (execution != null) {
            throw new PermanentException("the plan for " + replica() + " has begun before: plan again");
        }
        if (wanted.decision() instanceof Decision.Undecided undecided) {
            throw new PermanentException("nothing was decided for " + replica() + ": " + undecided.reason());
        }
        return execute(wanted);
    }

    /** Ends a plan, begun or not. */
    void cancel(RecoveryPlan wanted, boolean alsoBegun, String why) {
        if (plan == null || !plan.equals(wanted) || (execution != null && !alsoBegun)) {
            return;
        }
        stop("cancelled: " + why);
    }

    /** Ends what is under way and stays idle until somebody asks. */
    void stop(String why) {
        automatic = false;
        RecoveryException cause = new CancelledException("recovery of " + replica() + " was ended: " + why);
        boolean active = execution != null || plan != null;
        endSession(cause, SenderState.IDLE);
        finish(cause);
        if (active) {
            context.events().accept(new RecoveryEvent.RecoveryCancelled(replica(), why));
        }
    }

    /** Ends for ever. */
    void close(String why) {
        if (state() == SenderState.CLOSED) {
            return;
        }
        stop(why);
        machine.become(SenderState.CLOSED, why);
    }

    /** The replica lives elsewhere now, or has another duty (R4). */
    void reassign(ReplicaAssignment next) {
        boolean moved = !assignment.endpoint().equals(next.endpoint())
                || !assignment.host().equals(next.host());
        assignment = next;
        if (moved) {
            boolean goOn = automatic;
            endSession(new CancelledException("the endpoint of " + replica() + " changed"), SenderState.IDLE);
            machine.moved(next.endpoint());
            automatic = goOn;
            if (goOn) {
                attempt();
            }
        }
    }

    /** Plans a rebuild at the next attempt, and attempts it now. */
    void rebuildNext() {
        rebuildNext = true;
    }

    private CancelledException gone() {
        return new CancelledException("the sender of " + replica() + " is closed: " + machine.why());
    }

    // ------------------------------------------------------------------------------------------------ session

    private void attempt() {
        cancelTimer();
        if (assignment.endpoint().isEmpty()) {
            failed(new RetriableException("where replica " + replica() + " listens is not known yet", Duration.ZERO));
            return;
        }
        Optional<Token> token = machine.open();
        if (token.isEmpty()) {
            finish(new FencedException(
                    "no epoch is in force for " + replica(), context.epoch().number()));
            return;
        }
        Session opened = new Session(
                replica(),
                token.get(),
                io.strand(),
                context.scheduler(),
                context.options().windowBytes(),
                this);
        session = opened;
        machine.become(SenderState.FENCING, "fencing");
        askedNanos = io.nanos();
        opened.fence(context.connector()
                .open(assignment.host(), assignment.endpoint().get(), replica(), opened));
        Duration patience = context.options().fenceTimeout();
        timer = io.after(patience, () -> {
            if (session == opened && state() == SenderState.FENCING) {
                failed(new RetriableException(
                        "replica " + replica() + " at " + assignment.endpoint().get()
                                + " did not answer its fence within " + patience,
                        Duration.ZERO));
            }
        });
    }

    @Override
    public void fenced(Response.Fenced answer) {
        if (state() != SenderState.FENCING) {
            return;
        }
        cancelTimer();
        fenced = answer;
        everAnswered = true;
        answeredNanos = askedNanos;
        machine.become(
                SenderState.PLANNING, "fenced at LSN " + answer.position().flushedLsn());
        leader.fenced(this);
        if (state() != SenderState.PLANNING) {
            return; // the leader stood down
        }
        CompletableFuture<Fenced> asked = fencing;
        fencing = null;
        if (asked != null) {
            asked.complete(new Fenced(replica(), answer.token(), answer.store(), answer.position()));
        }
        if (automatic) {
            Session present = session;
            decide(answer.position(), rebuildNext, made -> guarded(() -> planReady(made)), cause -> {
                if (session == present) {
                    failed(cause);
                }
            });
        }
    }

    @Override
    public void refused(Response.Refused refused) {
        leader.refused(this, refused);
        failed(new RetriableException(
                "replica " + replica() + " refused " + refused.token() + ": it has promised epoch "
                        + refused.promisedEpoch(),
                Duration.ZERO));
    }

    @Override
    public void durable(long lsn) {
        if (keepUp != null) {
            keepUp.durable(lsn);
            leader.durable(this, lsn);
        } else if (execution != null) {
            execution.durable(lsn);
            progressEvent();
        }
    }

    @Override
    public void other(Response answer) {
        if (answer instanceof Response.Answered answered) {
            everAnswered = true;
            answeredNanos = answered.question();
            leader.answered(this, answered.question());
        } else if (execution != null) {
            execution.answered(answer);
            progressEvent();
        }
    }

    @Override
    public void failed(RecoveryException cause) {
        if (execution != null) {
            execution.fail(cause); // releases its pins, then comes back through ended()
        } else {
            afterFailure(cause);
        }
    }

    /** What is due by time; a failure of a policy or an adapter ends this session, not the volume. */
    void tick() {
        guarded(() -> {
            ask();
            if (keepUp != null) {
                keepUp.tick();
            }
        });
    }

    private void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException bug) {
            failed(StrandIo.typed(bug));
        }
    }

    /** Asks for a sign of life; the question is the time, so that the answer is counted from before it was sent (R37). */
    void ask() {
        if (session != null && fenced != null) {
            session.ask(io.nanos());
        }
    }

    // ------------------------------------------------------------------------------------------------ deciding

    private void decide(
            ReplicaPosition position,
            boolean rebuild,
            Consumer<RecoveryPlan> done,
            Consumer<RecoveryException> failed) {
        Token token = machine.session().orElseThrow();
        io.run(
                leader::history,
                history -> {
                    RecoveryPlan made;
                    try {
                        if (!machine.accepts(token)) {
                            throw new CancelledException("session " + token + " of " + replica() + " is over");
                        }
                        made = decider.decide(replica(), token, history, position, rebuild);
                    } catch (RecoveryException | RuntimeException e) {
                        failed.accept(StrandIo.typed(e));
                        return;
                    }
                    planned = history;
                    plan = made;
                    lastOutcome = Optional.of(made.decision().outcome());
                    proven = decider.proves(made.decision());
                    done.accept(made);
                },
                failed);
    }

    private void planReady(RecoveryPlan made) {
        Decision decision = made.decision();
        if (decision instanceof Decision.Undecided undecided) {
            endSession(new CancelledException("undecided"), SenderState.UNDECIDED);
            timer = io.after(context.options().undecidedRetry(), () -> {
                if (state() == SenderState.UNDECIDED && automatic) {
                    attempt();
                }
            });
            if (undecided.reason() == Reason.SOURCE_INCOMPLETE) {
                leader.sourceIncomplete(this);
            }
            return;
        }
        machine.become(SenderState.WAITING, "waiting for a slot");
        Token token = made.token();
        int priority = context.policy().priority(replica(), decision);
        ticket = context.scheduler()
                .acquireSlot(
                        priority,
                        () -> io.strand().execute(() -> {
                            if (!machine.accepts(token) || state() != SenderState.WAITING) {
                                context.scheduler().releaseSlot();
                                return;
                            }
                            ticket = null;
                            holdsSlot = true;
                            drive(execute(made));
                        }));
    }

    // ------------------------------------------------------------------------------------------------ executing

    private PlannedExecution execute(RecoveryPlan begun) {
        machine.become(
                SenderState.RECOVERING,
                begun.decision().outcome() + " to " + begun.decision().target());
        PlannedExecution made = new PlannedExecution(
                begun,
                Objects.requireNonNull(planned, "a plan without its history"),
                position().orElseThrow().flushedLsn(),
                new SenderPorts(this, context, leader, io, Objects.requireNonNull(session, "no session")));
        execution = made;
        context.events().accept(new RecoveryEvent.RecoveryStarted(begun));
        return made;
    }

    private void drive(PlannedExecution driven) {
        driven.step().whenComplete((step, failure) -> {
            if (failure != null) {
                return; // told through ended() already
            }
            if (step.done()) {
                driven.complete();
            } else {
                drive(driven);
            }
        });
    }

    private void progressEvent() {
        long now = io.nanos();
        PlannedExecution running = execution;
        if (running != null
                && now - lastProgressEventNanos
                        >= context.options().progressInterval().toNanos()) {
            lastProgressEventNanos = now;
            context.events()
                    .accept(new RecoveryEvent.RecoveryProgressed(
                            replica(), running.durableLsn(), running.targetLsn(), running.bytesSent()));
        }
    }

    /** The execution failed or was cancelled; its pins are released already. */
    void ended(RecoveryException cause) {
        if (execution != null) {
            lastBytes = execution.bytesSent();
        }
        execution = null;
        afterFailure(cause);
    }

    /** The execution is complete; its feeder goes on as keep-up. */
    void completed(RecoveryReport report, Feeder feeder) {
        lastBytes = report.bytesSent();
        execution = null;
        plan = null;
        failures = 0;
        rebuildNext = false;
        releaseSlot();
        machine.become(SenderState.KEEPING_UP, "durable at LSN " + report.achievedLsn());
        KeepUp follows = new KeepUp(
                feeder,
                report.achievedLsn(),
                leader,
                io,
                context.policy()
                        .budgets(replica(), new Decision.ZeroGap(Reason.AT_COMMITTED, true, report.achievedLsn())),
                this::keepUpFailed);
        keepUp = follows;
        context.events().accept(new RecoveryEvent.RecoveryCompleted(report));
        List<CompletableFuture<RecoveryReport>> told = new ArrayList<>(waiting);
        waiting.clear();
        leader.keepingUp(this, report.achievedLsn());
        follows.pump();
        told.forEach(each -> each.complete(report));
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
        afterFailure(cause);
    }

    /** In sync, or fed but not a member; only from one to the other. */
    void member(boolean isMember, String why) {
        if (isMember && state() == SenderState.KEEPING_UP) {
            machine.become(SenderState.IN_SYNC, why);
        } else if (!isMember && state() == SenderState.IN_SYNC) {
            machine.become(SenderState.KEEPING_UP, why);
        }
    }

    /** Fences anew, for example because the store's identity is not the recorded one any more. */
    void restart(String why) {
        endSession(new CancelledException(why), SenderState.BACKING_OFF);
        automatic = true;
        attempt();
    }

    // ------------------------------------------------------------------------------------------------ ends

    private void afterFailure(RecoveryException cause) {
        if (!state().hasSession() && state() != SenderState.IDLE && state() != SenderState.BACKING_OFF) {
            return;
        }
        if (!automatic) {
            endSession(cause, SenderState.IDLE);
            finish(cause);
            context.events().accept(new RecoveryEvent.RecoveryFailed(replica(), cause, Optional.empty()));
            return;
        }
        failures++;
        NextAttempt next = nextAttempt(cause);
        if (next instanceof NextAttempt.GiveUp) {
            endSession(cause, SenderState.GIVEN_UP);
            context.events().accept(new RecoveryEvent.RecoveryFailed(replica(), cause, Optional.empty()));
            finish(cause);
            return;
        }
        Duration wait;
        if (next instanceof NextAttempt.Rebuild rebuild) {
            rebuildNext = true;
            wait = rebuild.after();
            context.events()
                    .accept(new RecoveryEvent.RecoveryEscalated(
                            replica(), cause.getClass().getSimpleName(), rebuild.why()));
        } else {
            wait = ((NextAttempt.Again) next).after();
        }
        endSession(cause, SenderState.BACKING_OFF);
        context.events().accept(new RecoveryEvent.RecoveryFailed(replica(), cause, Optional.of(wait)));
        timer = io.after(wait, () -> {
            if (automatic && (state() == SenderState.BACKING_OFF || state() == SenderState.IDLE)) {
                attempt();
            }
        });
    }

    private NextAttempt nextAttempt(RecoveryException cause) {
        try {
            return context.policy().afterFailure(replica(), cause, failures);
        } catch (RuntimeException bug) {
            return new NextAttempt.GiveUp("the policy itself failed: " + bug);
        }
    }

    /** Ends the session and all that hangs on it, in whatever state (R12, R13). */
    private void endSession(RecoveryException cause, SenderState next) {
        cancelTimer();
        PlannedExecution running = execution;
        if (running != null) {
            execution = null;
            running.end(cause);
        }
        if (keepUp != null) {
            keepUp.close();
            keepUp = null;
        }
        if (ticket != null) {
            // A slot that was granted meanwhile is given back by the grant itself: its token is not accepted any more.
            ticket.cancel();
            ticket = null;
        }
        releaseSlot();
        plan = null;
        planned = null;
        fenced = null;
        proven = false;
        if (session != null) {
            session.end();
            session = null;
            leader.sessionEnded(this);
        }
        if (state() != next && state().mayBecome(next)) {
            machine.become(next, cause.getMessage() == null ? cause.toString() : cause.getMessage());
        }
    }

    private void finish(RecoveryException cause) {
        List<CompletableFuture<RecoveryReport>> told = new ArrayList<>(waiting);
        waiting.clear();
        told.forEach(each -> each.completeExceptionally(cause));
        failFencing(cause);
    }

    private void failFencing(RecoveryException cause) {
        CompletableFuture<Fenced> asked = fencing;
        fencing = null;
        if (asked != null) {
            asked.completeExceptionally(cause);
        }
    }

    private void releaseSlot() {
        if (holdsSlot) {
            holdsSlot = false;
            context.scheduler().releaseSlot();
        }
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    /** What the target last reported as durable in the present session. */
    OptionalLong durableLsn() {
        if (execution != null) {
            return OptionalLong.of(execution.durableLsn());
        }
        return keepUp != null ? OptionalLong.of(keepUp.durableLsn()) : OptionalLong.empty();
    }

    ReplicaStatus status(boolean inSync) {
        PlannedExecution running = execution;
        List<PinLedger.Held> pins = context.ledger().snapshot().stream()
                .filter(each -> each.replica().equals(replica()))
                .toList();
        return new ReplicaStatus(
                replica(),
                assignment.host(),
                state().name(),
                machine.why(),
                inSync,
                machine.session().map(t -> OptionalLong.of(t.epoch().number())).orElse(OptionalLong.empty()),
                lastOutcome,
                durableLsn(),
                running != null ? OptionalLong.of(running.targetLsn()) : OptionalLong.empty(),
                running != null ? running.bytesSent() : lastBytes,
                pins.size(),
                pins.stream().mapToLong(PinLedger.Held::heldBytes).sum());
    }
}
