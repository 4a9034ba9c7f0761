package io.resilver.execution;

import io.resilver.engine.SenderMachine;
import io.resilver.engine.SenderState;
import io.resilver.execution.scrub.ReplicaScrub;
import io.resilver.replica.link.Response;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.ReplicaStatus;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RecoveryPlan;
import io.resilver.spi.policy.NextAttempt;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one sender to a replica (R1): makes one {@link Attempt} at a time, and another when one has failed, as the policy
 * says. Lives on its leader's strand.
 */
final class Sender implements Attempt.Owner {
    /**
     * Calls of the store that may be left over from recoveries that have ended; each holds a thread of the host and the memory of a
     * read until it comes back. One is what an ordinary end leaves, two what two in a row do.
     */
    private static final int MOST_CALLS_LEFT = 2;

    private final SenderMachine machine;
    private final LeaderContext context;
    private final Leader leader;
    private final StrandIo io;
    private final Retries retries;
    private final ReplicaScrub scrub;
    private ReplicaAssignment assignment;
    private @Nullable Attempt attempt;
    private @Nullable CompletableFuture<Fenced> fencing;
    /** What comes of the recovery that is under way: the same answer for whoever asks for it. */
    private @Nullable CompletableFuture<RecoveryReport> recovery;

    private HostRuntime.@Nullable Timer retry;
    /** Whether it goes on by itself; otherwise a host drives the steps. */
    private boolean automatic;

    private final SignsOfLife life = new SignsOfLife();
    private long lastProgressEventNanos;
    private Optional<Outcome> lastOutcome = Optional.empty();
    private long lastBytes;

    Sender(ReplicaAssignment assignment, LeaderContext context, Leader leader, StrandIo io, LongSupplier sessions) {
        this.assignment = assignment;
        this.context = context;
        this.leader = leader;
        this.io = io.another();
        this.retries = new Retries(assignment.replica(), context.policy());
        this.machine = new SenderMachine(assignment.replica(), context.incarnation(), assignment.endpoint(), sessions);
        machine.raise(context.epoch());
        this.scrub = new ReplicaScrub(
                context.self(),
                assignment.replica(),
                context.options().scrub(),
                context.scheduler().scrubs(),
                new SenderScrub(this, context, leader, io.another()));
        this.lastProgressEventNanos =
                io.nanos() - context.options().progressInterval().toNanos();
    }

    ReplicaId replica() {
        return machine.replica();
    }

    SenderState state() {
        return machine.state();
    }

    private Optional<Attempt> attempt() {
        return Optional.ofNullable(attempt);
    }

    /** Whether agreement in content is proved, so that the replica may be called in sync (R7). */
    boolean proven() {
        return attempt().map(Attempt::proven).orElse(false);
    }

    Optional<StoreIdentity> store() {
        return attempt().flatMap(Attempt::fenced).map(Response.Fenced::store);
    }

    Optional<KeepUp> keepUp() {
        return attempt().flatMap(Attempt::keepUp);
    }

    /** The position that the present session's fence answered. */
    Optional<ReplicaPosition> position() {
        return attempt().flatMap(Attempt::fenced).map(Response.Fenced::position);
    }

    /** What the target last reported as durable in the present session. */
    OptionalLong durableLsn() {
        return attempt().map(Attempt::durableLsn).orElse(OptionalLong.empty());
    }

    /** When it last gave a sign of life, in whichever session. */
    SignsOfLife life() {
        return life;
    }

    // ------------------------------------------------------------------------------------------------ what is asked

    /** Recovers the replica and keeps it in sync from then on; the answer is the first success, or the giving up. */
    CompletionStage<RecoveryReport> recover() {
        if (state() == SenderState.CLOSED) {
            return CompletableFuture.failedFuture(gone());
        }
        CompletableFuture<RecoveryReport> answer = recovery == null ? new CompletableFuture<>() : recovery;
        recovery = answer;
        boolean underWay = automatic;
        automatic = true;
        if (machine.session().isEmpty()) {
            begin();
        } else if (keepUp().isPresent() || (!underWay && state() == SenderState.PLANNING)) {
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
        endAttempt(superseded, SenderState.IDLE);
        finish(superseded);
        fencing = answer;
        begin();
        return answer;
    }

    /** Plans the fenced replica. */
    CompletableFuture<RecoveryPlan> plan(ReplicaPosition position, boolean rebuild) {
        CompletableFuture<RecoveryPlan> answer = new CompletableFuture<>();
        if (attempt == null || state() != SenderState.PLANNING) {
            answer.completeExceptionally(new RetriableException(
                    "replica " + replica() + " is " + state() + ": fence it before planning", Duration.ZERO));
            return answer;
        }
        Optional<RetriableException> left = callsAreLeft();
        if (left.isPresent()) {
            answer.completeExceptionally(left.get());
            return answer;
        }
        attempt.decide(
                position,
                rebuild,
                made -> {
                    answer.complete(made);
                    if (made.decision().reason() == Reason.SOURCE_INCOMPLETE) {
                        leader.sourceIncomplete(this);
                    }
                },
                answer::completeExceptionally);
        return answer;
    }

    /** Begins a plan of the present session, once. */
    RecoveryExecution begin(RecoveryPlan wanted) throws RecoveryException {
        if (attempt == null || !attempt.plan().equals(Optional.of(wanted)) || !machine.accepts(wanted.token())) {
            throw new PermanentException("the plan for " + replica() + " is not of its present session: plan again");
        }
        if (attempt.execution().isPresent()) {
            throw new PermanentException("the plan for " + replica() + " has begun before: plan again");
        }
        if (wanted.decision() instanceof Decision.Undecided undecided) {
            throw new PermanentException("nothing was decided for " + replica() + ": " + undecided.reason());
        }
        try {
            return attempt.execute(wanted);
        } catch (RuntimeException bug) { // of the policy: nothing has begun
            RecoveryException cause = StrandIo.typed(bug);
            failed(cause);
            throw cause;
        }
    }

    /** Ends a plan, begun or not. */
    void cancel(RecoveryPlan wanted, boolean alsoBegun, String why) {
        Attempt present = attempt;
        if (present != null
                && present.plan().equals(Optional.of(wanted))
                && (alsoBegun || present.execution().isEmpty())) {
            stop("cancelled: " + why);
        }
    }

    /** Ends what is under way and stays idle until somebody asks. */
    void stop(String why) {
        automatic = false;
        RecoveryException cause = new CancelledException("recovery of " + replica() + " was ended: " + why);
        boolean active = attempt().flatMap(Attempt::plan).isPresent();
        endAttempt(cause, SenderState.IDLE);
        finish(cause);
        if (active) {
            context.events().accept(new RecoveryEvent.RecoveryCancelled(replica(), why));
        }
    }

    /** Ends for ever. */
    void close(String why) {
        if (state() != SenderState.CLOSED) {
            stop(why);
            machine.become(SenderState.CLOSED, why);
        }
    }

    /** The replica lives elsewhere now (R4), or has another duty. */
    void reassign(ReplicaAssignment next) {
        boolean toRebuild = next.duty() == Duty.REBUILD && assignment.duty() != Duty.REBUILD;
        if (toRebuild) {
            retries.rebuildNext();
        }
        boolean moved = !assignment.endpoint().equals(next.endpoint())
                || !assignment.host().equals(next.host());
        assignment = next;
        if (moved) {
            RecoveryException cause = new CancelledException("the endpoint of " + replica() + " changed");
            endAttempt(cause, SenderState.IDLE);
            machine.moved(next.endpoint());
            if (automatic) {
                begin();
            } else {
                finish(cause);
            }
        } else if (toRebuild && automatic) {
            restart("the replica is to be rebuilt");
        }
    }

    private void restart(String why) {
        endAttempt(new CancelledException(why), SenderState.BACKING_OFF);
        begin();
    }

    /** Plans a rebuild at the next attempt. */
    void rebuildNext() {
        retries.rebuildNext();
    }

    /** Whether the next attempt is a rebuild, whatever the replica holds. */
    boolean isRebuildNext() {
        return retries.isRebuildNext();
    }

    /** This host's TLS files have changed: what failed for lack of trust is tried again. */
    void trustChanged() {
        if (retries.trustChanges()) {
            again();
        }
    }

    /** The record knows another disk, or another opening of it: what could not be put right by trying may be right now. */
    void storeChanged() {
        retries.storeChanges();
        if (state() == SenderState.GIVEN_UP) {
            retries.beginsAnew();
            again();
        }
    }

    /** What is due by time. */
    void tick() {
        if (attempt != null) {
            attempt.tick();
        }
        scrub.tick();
    }

    /** The present session, to ask questions in that change nothing. */
    Optional<Session> session() {
        return attempt().map(Attempt::session);
    }

    /** In sync, or fed but not a member; only from one to the other. */
    void member(boolean isMember, String why) {
        if (isMember && state() == SenderState.KEEPING_UP) {
            machine.become(SenderState.IN_SYNC, why);
        } else if (!isMember && state() == SenderState.IN_SYNC) {
            machine.become(SenderState.KEEPING_UP, why);
        }
    }

    /** What is said to one more recovery while those before it have left their calls behind. */
    private Optional<RetriableException> callsAreLeft() {
        return io.callsOut() < MOST_CALLS_LEFT
                ? Optional.empty()
                : Optional.of(new RetriableException(
                        io.site() + " has not come back from " + io.callsOut()
                                + " calls of recoveries that have ended: the recovery of " + replica()
                                + " waits until one of them does",
                        Duration.ZERO));
    }

    private CancelledException gone() {
        return new CancelledException("the sender of " + replica() + " is closed: " + machine.why());
    }

    // ------------------------------------------------------------------------------------------------ one attempt

    private void begin() {
        cancelRetry();
        retries.begins();
        Optional<RetriableException> left = callsAreLeft();
        if (left.isPresent()) {
            failed(left.get());
            return;
        }
        Optional<Token> token = assignment.endpoint().isPresent() ? machine.open() : Optional.empty();
        if (token.isPresent()) {
            Attempt begun = new Attempt(machine, token.get(), assignment.host(), context, leader, io, life, this);
            attempt = begun;
            begun.begin(assignment.endpoint().get());
        } else {
            failed(
                    assignment.endpoint().isEmpty()
                            ? new RetriableException(
                                    "where replica " + replica() + " listens is not known yet", Duration.ZERO)
                            : new FencedException(
                                    "no epoch is in force for " + replica(),
                                    context.epoch().number()));
        }
    }

    @Override
    public void fenced(Response.Fenced answer, long askedNanos) {
        life.answered(askedNanos, io.nanos());
        Attempt present = attempt;
        leader.fenced(this);
        if (present == null || present.ended()) {
            return; // the leader stood down
        }
        CompletableFuture<Fenced> asked = fencing;
        fencing = null;
        if (asked != null) {
            asked.complete(new Fenced(replica(), answer.token(), answer.store(), answer.position()));
        }
        if (automatic) {
            present.recover(isRebuildNext());
        }
    }

    @Override
    public void digested(long question, Response answer) {
        scrub.answered(question, answer);
    }

    @Override
    public void durable(long lsn) {
        leader.durable(this, lsn);
    }

    @Override
    public void refused(Response.Refused answer) {
        leader.refused(this, answer);
    }

    @Override
    public void planned(Decision decision) {
        lastOutcome = Optional.of(decision.outcome());
    }

    @Override
    public void undecided(Reason reason) {
        endAttempt(new CancelledException("undecided: " + reason), SenderState.UNDECIDED);
        retry = io.after(context.options().undecidedRetry(), this::again);
        if (reason == Reason.SOURCE_INCOMPLETE) {
            leader.sourceIncomplete(this);
        }
    }

    @Override
    public void moved(PlannedExecution running) {
        long now = io.nanos();
        if (now - lastProgressEventNanos >= context.options().progressInterval().toNanos()) {
            lastProgressEventNanos = now;
            context.events()
                    .accept(new RecoveryEvent.RecoveryProgressed(
                            replica(), running.durableLsn(), running.targetLsn(), running.bytesSent()));
        }
    }

    @Override
    public void completed(RecoveryReport report) {
        lastBytes = report.bytesSent();
        retries.succeeded();
        context.events().accept(new RecoveryEvent.RecoveryCompleted(report));
        CompletableFuture<RecoveryReport> asked = recovery;
        recovery = null;
        leader.keepingUp(this, report.achievedLsn());
        if (asked != null) {
            asked.complete(report);
        }
    }

    // ------------------------------------------------------------------------------------------------ ends

    @Override
    public void failed(RecoveryException what) {
        RecoveryException cause = retries.named(what);
        if (position().isEmpty()) {
            context.unanswered().run();
        }
        if (!automatic) {
            endAttempt(cause, SenderState.IDLE);
            finish(cause);
            context.events().accept(new RecoveryEvent.RecoveryFailed(replica(), cause, Optional.empty()));
            return;
        }
        NextAttempt next = retries.after(cause);
        if (next instanceof NextAttempt.GiveUp) {
            endAttempt(cause, SenderState.GIVEN_UP);
            context.events().accept(new RecoveryEvent.RecoveryFailed(replica(), cause, Optional.empty()));
            finish(cause);
            return;
        }
        if (next instanceof NextAttempt.Rebuild rebuild) {
            context.events()
                    .accept(new RecoveryEvent.RecoveryEscalated(
                            replica(), cause.getClass().getSimpleName(), rebuild.why()));
        }
        Duration wait = Retries.wait(next);
        endAttempt(cause, SenderState.BACKING_OFF);
        context.events().accept(new RecoveryEvent.RecoveryFailed(replica(), cause, Optional.of(wait)));
        retry = io.after(wait, this::again);
    }

    private void again() {
        if (automatic && !state().hasSession() && state() != SenderState.CLOSED) {
            begin();
        }
    }

    /** Ends the attempt that is under way, if there is one (R13), and what was planned by time. */
    private void endAttempt(RecoveryException cause, SenderState next) {
        cancelRetry();
        Attempt present = attempt;
        attempt = null;
        scrub.interrupt();
        if (present != null) {
            present.execution().ifPresent(running -> lastBytes = running.bytesSent());
            present.end(cause);
            leader.sessionEnded(this);
        }
        if (state() != next && state().mayBecome(next)) {
            machine.become(next, cause.getMessage() == null ? cause.toString() : cause.getMessage());
        }
    }

    private void finish(RecoveryException cause) {
        CompletableFuture<RecoveryReport> asked = recovery;
        recovery = null;
        if (asked != null) {
            asked.completeExceptionally(cause);
        }
        failFencing(cause);
    }

    private void failFencing(RecoveryException cause) {
        CompletableFuture<Fenced> asked = fencing;
        fencing = null;
        if (asked != null) {
            asked.completeExceptionally(cause);
        }
    }

    private void cancelRetry() {
        if (retry != null) {
            retry.cancel();
            retry = null;
        }
    }

    ReplicaStatus status(boolean inSync) {
        Optional<PlannedExecution> running = attempt().flatMap(Attempt::execution);
        List<PinLedger.Held> pins = context.ledger().snapshot(replica());
        return new ReplicaStatus(
                replica(),
                assignment.host(),
                state().name(),
                machine.why(),
                inSync,
                machine.session().map(t -> OptionalLong.of(t.epoch().number())).orElse(OptionalLong.empty()),
                lastOutcome,
                durableLsn(),
                running.map(each -> OptionalLong.of(each.targetLsn())).orElse(OptionalLong.empty()),
                running.map(PlannedExecution::bytesSent).orElse(lastBytes),
                pins.size(),
                PinLedger.heldBytes(pins),
                scrub.status());
    }
}
