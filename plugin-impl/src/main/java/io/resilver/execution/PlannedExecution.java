package io.resilver.execution;

import io.resilver.engine.Progress;
import io.resilver.replica.link.Response;
import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.driver.Step;
import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.RebuildSource;
import io.resilver.spi.plan.RecoveryPlan;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Executes one bound plan in bounded steps, and derives nothing again but the base LSN of a full base (R8).
 *
 * <pre>
 *   PIN ──▶ TRUNCATE ──▶ REPLAY ──▶ CONVERGE ──▶ DONE     catch-up; either of the first two may be left out
 *    ├────────────────────────────▶ CONVERGE ──▶ DONE     zero gap
 *    └──▶ BASE ──▶ INSTALL ──▶ REPLAY ──▶ CONVERGE ──▶ DONE     rebuild; the log follows only a verified base (R18)
 * </pre>
 *
 * <p>Whatever ends it, every pin is released once and the session is ended, before anyone is told (R12, R13); only a
 * completed execution hands session and feeder on to keep-up.
 */
final class PlannedExecution implements RecoveryExecution {
    /** How often a step that waits for the host's lease looks again: often against a lease of seconds. */
    private static final Duration LEASE_POLL = Duration.ofMillis(50);

    /** How often a step that waits for its rate asks whether it is still that: a person who changes it sees it at once. */
    private static final Duration RATE_POLL = Duration.ofSeconds(1);

    private final RecoveryPlan plan;
    private final ExecutionPorts ports;
    private final ExecutionPins pins;
    private final BudgetMeter budget;
    private final Throttle throttle;
    private final ArrayDeque<CompletableFuture<Step>> asked = new ArrayDeque<>();
    private final long startedNanos;
    private final long startLsn;

    private Step.Phase phase = Step.Phase.PIN;
    private @Nullable CompletableFuture<Step> current;
    private long stepStartedNanos;
    private @Nullable RecoveryException endedBy;
    private boolean completing;
    private boolean completed;
    private @Nullable BaseSender base;
    private @Nullable Feeder feeder;
    private final Progress progress;

    /**
     * An execution with nothing done yet.
     *
     * @param plan what to do
     * @param planned the history that it was decided from
     * @param flushedLsn where the target stood when it was fenced
     */
    PlannedExecution(RecoveryPlan plan, RetainedHistory planned, long flushedLsn, ExecutionPorts ports) {
        this.plan = plan;
        this.progress = Progress.of(plan.decision());
        this.ports = ports;
        this.startedNanos = ports.io().nanos();
        this.budget = new BudgetMeter(ports.policy().budgets(plan.replica(), plan.decision()), startedNanos);
        this.pins = new ExecutionPins(plan, planned, ports, budget.budgets());
        this.throttle = new Throttle(this::bytesPerSecond, startedNanos);
        this.startLsn = start(plan.decision(), flushedLsn);
        watchProgress();
    }

    private static long start(Decision decision, long flushedLsn) {
        if (decision instanceof Decision.CatchUp catchUp) {
            return catchUp.truncateToLsn().orElse(flushedLsn);
        }
        return decision instanceof Decision.Rebuild rebuild ? rebuild.baseLsn() : flushedLsn;
    }

    /** Beside writers a recovery is patient for as long as that costs little. */
    private OptionalLong bytesPerSecond() {
        OptionalLong always = ports.policy().bytesPerSecond(plan.replica(), plan.decision());
        if (!ports.isWrittenTo() || pins.areCostly()) {
            return always;
        }
        OptionalLong beside = ports.policy().bytesPerSecondBesideWrites(plan.replica(), plan.decision());
        return always.isEmpty() || (beside.isPresent() && beside.getAsLong() < always.getAsLong()) ? beside : always;
    }

    @Override
    public RecoveryPlan plan() {
        return plan;
    }

    long durableLsn() {
        return progress.durable().orElse(startLsn);
    }

    long targetLsn() {
        return progress.target();
    }

    long bytesSent() {
        return budget.bytes();
    }

    @Override
    public CompletionStage<Step> step() {
        CompletableFuture<Step> answer = new CompletableFuture<>();
        ports.io().strand().execute(() -> {
            asked.add(answer);
            turn();
        });
        return answer;
    }

    private void turn() {
        if (endedBy != null) {
            RecoveryException cause = endedBy;
            asked.forEach(each -> each.completeExceptionally(cause));
            asked.clear();
            return;
        }
        if (current != null || asked.isEmpty()) {
            return;
        }
        current = asked.remove();
        stepStartedNanos = ports.io().nanos();
        work();
    }

    /** Does the unit of work of the present phase; ends in {@link #stepDone} or {@link #fail}. */
    private void work() {
        if (endedBy != null) {
            return;
        }
        if (isBulk() && !ports.mayStartBulkStep()) {
            budget.waitsUntil(ports.io().nanos());
            ports.io().after(LEASE_POLL, this::work);
            return;
        }
        try {
            budget.check(ports.io().nanos(), this::waitsFor);
        } catch (BudgetExceededException over) {
            fail(over);
            return;
        }
        switch (phase) {
            case PIN -> pins.take(this::pinned, this::fail);
            case TRUNCATE -> ports.session().truncate(truncateTo().orElseThrow());
            case BASE -> base().next(this::rangeSent, this::fail);
            case INSTALL -> base().commit();
            case REPLAY -> replay();
            case CONVERGE -> converge();
            case DONE -> stepDone(Step.Phase.DONE);
        }
    }

    /** Without a gap there is nothing to send: keep-up goes on without a lease, and so does this (R38). */
    private boolean isBulk() {
        return phase != Step.Phase.DONE
                && phase != Step.Phase.CONVERGE
                && !(plan.decision() instanceof Decision.ZeroGap);
    }

    private OptionalLong truncateTo() {
        return plan.decision() instanceof Decision.CatchUp catchUp ? catchUp.truncateToLsn() : OptionalLong.empty();
    }

    private void pinned() {
        progressed();
        if (pins.basePin().isPresent()) {
            base = new BaseSender(pins.basePin().get(), ports);
            if (plan.decision() instanceof Decision.Rebuild rebuild && rebuild.source() == RebuildSource.FULL_BASE) {
                progress.frozenAt(base.lsn()); // the one thing that is learnt while executing (R8)
            }
            base.begin();
            phase = Step.Phase.BASE;
            return; // the step ends when the target says what it already holds
        }
        stepDone(truncateTo().isPresent() ? Step.Phase.TRUNCATE : afterTruncation());
    }

    private Step.Phase afterTruncation() {
        return pins.logPin().isPresent() ? Step.Phase.REPLAY : Step.Phase.CONVERGE;
    }

    private BaseSender base() {
        return Objects.requireNonNull(base, "a base phase without a base");
    }

    private void rangeSent(long bytes, boolean last) {
        budget.sent(0, bytes);
        progressed(); // reading and digesting what the target holds already is progress too
        ports.meter().sent(0, bytes);
        stepDoneAfterThrottle(bytes, last ? Step.Phase.INSTALL : Step.Phase.BASE);
    }

    private void replay() {
        Feeder feed = feeder();
        feed.next(
                targetLsn(),
                batch -> {
                    if (batch.isEmpty() && feed.sentLsn() < targetLsn()) {
                        fail(new RetriableException(
                                ports.io().site() + ": the log ended at LSN " + feed.sentLsn() + " before the target "
                                        + targetLsn() + ": a short stream is not success",
                                Duration.ZERO));
                        return;
                    }
                    budget.sent(batch.entries().size(), batch.payloadBytes());
                    stepDoneAfterThrottle(
                            batch.payloadBytes(),
                            feed.sentLsn() >= targetLsn() ? Step.Phase.CONVERGE : Step.Phase.REPLAY);
                },
                this::fail);
    }

    private Feeder feeder() {
        Feeder feed = feeder;
        if (feed == null) {
            feed = ports.feeder(pins.handOverLog(), durableLsn());
            feeder = feed;
        }
        return feed;
    }

    private void converge() {
        if (progress.complete()) {
            stepDone(Step.Phase.DONE);
        } // else the step ends when the target reports (R10, R11)
    }

    /** The target reported a durable LSN; progress never falls, and never goes beyond the frozen target (R10). */
    void durable(long lsn) {
        if (endedBy != null || completed || (phase != Step.Phase.REPLAY && phase != Step.Phase.CONVERGE)) {
            return; // a report from before the truncation or the install says nothing about this plan
        }
        if (feeder != null && lsn > feeder.sentLsn() && lsn <= progress.target()) {
            fail(feeder.beyondSent(lsn));
            return;
        }
        if (advance(lsn) && feeder != null) {
            pins.advanced(ports.io().nanos());
            feeder.durable(lsn);
        }
        if (endedBy == null && phase == Step.Phase.CONVERGE && current != null) {
            converge();
        }
    }

    private boolean advance(long lsn) {
        Progress.Step step = progress.report(lsn);
        if (step == Progress.Step.BEYOND_TARGET) {
            fail(new PermanentException(ports.target() + " reports LSN " + lsn + " as durable, beyond "
                    + progress.target() + ": somebody else feeds this store, or its adapter miscounts"));
        } else if (step == Progress.Step.ADVANCED) {
            progressed();
        }
        return step == Progress.Step.ADVANCED;
    }

    /** The target answered something that is not an append. */
    void answered(Response response) {
        if (endedBy != null || completed) {
            return;
        }
        if (response instanceof Response.Truncated truncated && phase == Step.Phase.TRUNCATE) {
            if (truncated.lsn() != truncateTo().orElseThrow()) {
                fail(new RetriableException(
                        ports.target() + " ends at LSN " + truncated.lsn() + " after a truncation to "
                                + truncateTo().getAsLong(),
                        Duration.ZERO));
                return;
            }
            advance(truncated.lsn());
            stepDone(afterTruncation());
        } else if (response instanceof Response.BaseReady ready && phase == Step.Phase.BASE && base != null) {
            progressed();
            try {
                base.holds(ready.durableRanges());
                stepDone(base.atEnd() ? Step.Phase.INSTALL : Step.Phase.BASE);
            } catch (PermanentException twice) {
                fail(twice);
            }
        } else if (response instanceof Response.BaseCandidates may && phase == Step.Phase.BASE && base != null) {
            base.candidates(may.ranges());
        } else if (response instanceof Response.BaseWanted wanted && phase == Step.Phase.BASE && base != null) {
            progressed();
            try {
                base.wants(wanted.first(), wanted.ranges());
            } catch (PermanentException notOffered) {
                fail(notOffered);
            }
        } else if (response instanceof Response.BaseDurable) {
            progressed();
        } else if (response instanceof Response.Installed installed && phase == Step.Phase.INSTALL) {
            if (base == null || installed.lsn() != base.lsn()) {
                fail(new PermanentException(ports.target() + " installed a base at LSN " + installed.lsn()
                        + " that was not sent: its adapter miscounts"));
                return;
            }
            advance(installed.lsn());
            pins.releaseBase();
            stepDone(progress.complete() ? Step.Phase.CONVERGE : Step.Phase.REPLAY);
        }
    }

    private void stepDoneAfterThrottle(long bytes, Step.Phase next) {
        throttle.sent(bytes, ports.io().nanos());
        stepDoneAtRate(next);
    }

    /** A long wait is looked at again: the rate that it was made for may not be the one that is in force by then. */
    private void stepDoneAtRate(Step.Phase next) {
        if (endedBy != null) {
            return;
        }
        long now = ports.io().nanos();
        long waitNanos;
        try {
            waitNanos = Math.min(throttle.waitNanos(now), RATE_POLL.toNanos());
        } catch (RuntimeException bug) { // of the policy
            fail(StrandIo.typed(bug));
            return;
        }
        budget.waitsUntil(now + waitNanos);
        if (waitNanos == 0) {
            stepDone(next);
        } else {
            ports.io().after(Duration.ofNanos(waitNanos), () -> stepDoneAtRate(next));
        }
    }

    private void stepDone(Step.Phase next) {
        if (endedBy != null) {
            return;
        }
        phase = next;
        CompletableFuture<Step> done = current;
        current = null;
        ports.meter().step(ports.io().nanos() - stepStartedNanos);
        if (done != null) {
            done.complete(new Step(phase, durableLsn(), targetLsn(), budget.entries(), budget.bytes()));
        }
        turn();
    }

    private String waitsFor() {
        return ports.io().waitsFor().orElseGet(() -> ports.target() + " made nothing durable");
    }

    private void progressed() {
        budget.progressed(ports.io().nanos());
    }

    /** A recovery that makes no progress for its window ends, whatever it waits for (R22), or when a pin costs too much. */
    private void watchProgress() {
        Duration wait = budget.untilNoProgress(ports.io().nanos()).plusMillis(1);
        ports.io().after(wait.compareTo(ExecutionPins.CAP_CHECK) < 0 ? wait : ExecutionPins.CAP_CHECK, () -> {
            if (endedBy != null || completed) {
                return;
            }
            try {
                budget.check(ports.io().nanos(), this::waitsFor);
                pins.checkCaps(ports.io().nanos());
            } catch (RecoveryException over) {
                fail(over);
                return;
            }
            watchProgress();
        });
    }

    @Override
    public CompletionStage<RecoveryReport> complete() {
        CompletableFuture<RecoveryReport> answer = new CompletableFuture<>();
        ports.io().strand().execute(() -> {
            if (endedBy != null) {
                answer.completeExceptionally(endedBy);
            } else if (completing || completed || phase != Step.Phase.DONE) {
                answer.completeExceptionally(new RetriableException(
                        "the execution is in phase " + phase + " and cannot complete", Duration.ZERO));
            } else {
                completing = true;
                pins.keepUpLog(durableLsn(), log -> handOver(log, answer), cause -> {
                    fail(cause);
                    answer.completeExceptionally(cause);
                });
            }
        });
        return answer;
    }

    private void handOver(ExecutionPins.HeldLog log, CompletableFuture<RecoveryReport> answer) {
        if (endedBy != null) { // cancelled while the log was read again
            log.close();
            answer.completeExceptionally(endedBy);
            return;
        }
        completed = true;
        pins.releaseAll();
        Decision decision = plan.decision();
        RecoveryReport report = new RecoveryReport(
                plan.replica(),
                plan.token().epoch().number(),
                decision.outcome(),
                decision.reason(),
                decision instanceof Decision.Rebuild rebuild ? Optional.of(rebuild.source()) : Optional.empty(),
                startLsn,
                targetLsn(),
                durableLsn(),
                budget.entries(),
                budget.bytes(),
                budget.elapsed(ports.io().nanos()));
        ports.completed(report, feeder != null ? feeder : ports.feeder(log, durableLsn()));
        answer.complete(report);
    }

    @Override
    public CompletionStage<Void> cancel(String why) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        ports.io().strand().execute(() -> {
            fail(new CancelledException("recovery of " + plan.replica() + " was cancelled: " + why));
            answer.complete(null);
        });
        return answer;
    }

    /** Ends the execution and tells the sender, which ends the session (R13). Idempotent; after completion nothing. */
    void fail(RecoveryException cause) {
        if (endedBy == null && !completed) {
            end(cause);
            ports.ended(cause);
        }
    }

    /** Ends the execution: releases everything, then tells who waits for a step (R12). Idempotent. */
    void end(RecoveryException cause) {
        if (endedBy != null || completed) {
            return;
        }
        endedBy = cause;
        if (feeder != null) {
            feeder.close();
        }
        if (base != null) {
            base.close();
        }
        pins.releaseAll();
        CompletableFuture<Step> failed = current;
        current = null;
        if (failed != null) {
            failed.completeExceptionally(cause);
        }
        turn();
    }
}
