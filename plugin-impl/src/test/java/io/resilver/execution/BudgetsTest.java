package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.B;
import static io.resilver.execution.LeaderFixture.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.driver.Step;
import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.BudgetExceededException.Budget;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.RecoveryPlan;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What bounds a recovery: budgets inside the streaming loop, the no-progress window, the caps of its pins, its rate. */
class BudgetsTest {
    private static final int MOST_STEPS = 20;

    private final LeaderFixture f = new LeaderFixture();

    @BeforeEach
    void aGapOfAHundredEntries() {
        f.source.append(FIRST, 100);
    }

    @AfterEach
    void nothingIsLeftBehind() {
        assertThat(f.uncaught).isEmpty();
        f.runtime.runAll();
        assertThat(f.ledger.count()).isEqualTo(f.source.pins.size());
    }

    @Test
    @DisplayName("R14: a budget of entries ends the catch-up inside its loop, by name, and escalates to a rebuild")
    void entries() {
        f.policy.entries = OptionalLong.of(30);
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        assertThat(budgetThatFailed()).isEqualTo(Budget.ENTRIES);
        assertThat(entriesSent()).as("bounded by the budget and one batch").isBetween(30L, 40L);
        assertThat(f.source.pins).isEmpty();
        assertThat(f.scheduler.active()).isZero();
        f.policy.entries = OptionalLong.empty();
        f.pass(Duration.ofSeconds(1));
        assertThat(f.now(done).outcome()).isEqualTo(Outcome.NEEDS_REBUILD);
        assertThat(f.told(RecoveryEvent.RecoveryEscalated.class))
                .singleElement()
                .satisfies(each -> assertThat(each.why()).contains("ENTRIES"));
    }

    @Test
    @DisplayName("R14: a budget of bytes counts what this recovery sends, not where the replica stands")
    void bytes() throws RecoveryException {
        f.holds(B, 270);
        f.policy.bytes = OptionalLong.of(200); // ten entries are fewer, a hundred are more
        assertThat(f.now(f.lead(false, B).senders().recover(B)).entries()).isEqualTo(10);
        f.source.append(FIRST, 100);
        LeaderFixture far = new LeaderFixture();
        far.source.append(FIRST, 100);
        far.policy.bytes = OptionalLong.of(200);
        far.lead(false, B).senders().recover(B);
        far.runtime.runAll();
        assertThat(((BudgetExceededException) far.policy.failures.get(0)).budget())
                .isEqualTo(Budget.BYTES);
    }

    @Test
    @DisplayName("R14: a budget of time is looked at on the monotonic clock, also while the target keeps it waiting")
    void duration() {
        f.policy.duration = Optional.of(Duration.ofSeconds(4));
        f.link.lostAnswers = Response.Durable.class::isInstance;
        f.lead(false, B).senders().recover(B);
        f.pass(Duration.ofSeconds(4));
        assertThat(f.policy.failures).isEmpty();
        f.link.unreachable.add(B); // what begins anew gets nowhere
        f.pass(ExecutionPins.CAP_CHECK);
        assertThat(((BudgetExceededException) f.policy.failures.get(0)).budget())
                .isEqualTo(Budget.DURATION);
        assertThat(f.source.pins).isEmpty();
    }

    @Test
    @DisplayName("R22: a recovery whose target makes nothing durable ends after its window, and frees its slot")
    void noProgress() {
        f.policy.noProgress = Duration.ofSeconds(3);
        f.link.lostAnswers = Response.Durable.class::isInstance;
        f.lead(false, B).senders().recover(B);
        f.pass(Duration.ofMillis(2_900));
        assertThat(f.scheduler.active()).isEqualTo(1);
        f.pass(Duration.ofMillis(200));
        assertThat(budgetThatFailed()).isEqualTo(Budget.NO_PROGRESS);
        assertThat(f.scheduler.active()).isZero();
        assertThat(f.source.pins).isEmpty();
        assertThat(f.source.openCursors).isZero();
    }

    @Test
    @DisplayName("R22: a recovery that moves is never ended by the clock: there is no total time limit")
    void slowIsNotStuck() {
        f.policy.noProgress = Duration.ofSeconds(3);
        f.policy.rate = OptionalLong.of(60);
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.pass(Duration.ofSeconds(20));
        assertThat(f.now(done).elapsed()).isGreaterThan(Duration.ofSeconds(10));
        assertThat(f.policy.failures).isEmpty();
    }

    @Test
    @DisplayName(
            "R20: a pin that holds back too much is revoked, said, and ends its recovery as LOG_TRIMMED; a rebuild follows")
    void pinBytes() {
        f.policy.rate = OptionalLong.of(60);
        f.policy.pinBytes = 1_000;
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.pass(Duration.ofSeconds(2));
        assertThat(f.policy.failures).isEmpty();
        f.source.heldBytes = 1_001;
        f.link.unreachable.add(B); // what begins anew gets nowhere for now
        f.pass(ExecutionPins.CAP_CHECK);
        assertThat(f.policy.failures.get(0)).isInstanceOf(LogTrimmedException.class);
        assertThat(f.source.pins).isEmpty();
        assertThat(f.told(RecoveryEvent.PinRevoked.class))
                .singleElement()
                .satisfies(each -> assertThat(each.heldBytes()).isEqualTo(1_001));
        f.source.heldBytes = 0;
        f.source.trim(150); // what the revoked pin held is gone
        f.policy.rate = OptionalLong.empty();
        f.link.unreachable.clear();
        f.pass(Duration.ofSeconds(5));
        assertThat(f.now(done).outcome()).isEqualTo(Outcome.NEEDS_REBUILD);
    }

    @Test
    @DisplayName("R20: a log pin that is not advanced for its age is revoked")
    void pinAge() {
        f.policy.pinAge = Duration.ofSeconds(5);
        f.link.lostAnswers = Response.Durable.class::isInstance;
        f.lead(false, B).senders().recover(B);
        f.pass(Duration.ofSeconds(5));
        assertThat(f.policy.failures).isEmpty();
        f.link.unreachable.add(B); // what begins anew gets nowhere
        f.pass(ExecutionPins.CAP_CHECK);
        assertThat(f.policy.failures.get(0)).isInstanceOf(LogTrimmedException.class);
        assertThat(f.told(RecoveryEvent.PinRevoked.class)).hasSize(1);
        assertThat(f.source.pins).isEmpty();
    }

    @Test
    @DisplayName("R20: a log pin that goes on advancing does not age: there is no total time limit in it")
    void anAdvancingPinDoesNotAge() {
        f.policy.rate = OptionalLong.of(60);
        f.policy.pinAge = Duration.ofSeconds(3);
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.pass(Duration.ofSeconds(20));
        assertThat(f.now(done).elapsed()).isGreaterThan(Duration.ofSeconds(10));
    }

    @Test
    @DisplayName("R20: rebuilds that keep losing their pins end after a bounded number of rounds, as CANNOT_CONVERGE")
    void cannotConverge() {
        f.source.trim(60);
        f.link.lostRequests = request -> request instanceof Request.BaseRange || request instanceof Request.BaseCommit;
        f.policy.pinBytes = 1_000;
        f.source.heldBytes = 1_001;
        f.lead(false, B).senders().recover(B);
        f.pass(ExecutionPins.CAP_CHECK.multipliedBy(Retries.MOST_ROUNDS + 1L));
        assertThat(f.policy.failures).hasSize(Retries.MOST_ROUNDS);
        assertThat(f.policy.failures.subList(0, Retries.MOST_ROUNDS - 1))
                .allMatch(LogTrimmedException.class::isInstance);
        assertThat(f.policy.failures.get(Retries.MOST_ROUNDS - 1))
                .isInstanceOf(BudgetExceededException.class)
                .hasMessageContaining("CANNOT_CONVERGE");
        assertThat(f.told(RecoveryEvent.RecoveryFailed.class)
                        .get(Retries.MOST_ROUNDS - 1)
                        .retryAfter())
                .contains(RecoveryPolicy.LONGEST_BACK_OFF);
    }

    @Test
    @DisplayName("R22: while the source itself waits, for its lease or for its rate, the target owes no progress")
    void theSourceWaits() {
        f.policy.noProgress = Duration.ofSeconds(3);
        f.set.lease = false;
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.pass(Duration.ofSeconds(10));
        f.set.lease = true;
        f.pass(Duration.ofSeconds(1));
        assertThat(f.now(done).achievedLsn()).isEqualTo(300);
        LeaderFixture slow = new LeaderFixture();
        slow.source.append(FIRST, 20);
        slow.policy.noProgress = Duration.ofSeconds(3);
        slow.policy.rate = OptionalLong.of(10);
        CompletionStage<RecoveryReport> slowly = slow.lead(false, B).senders().recover(B);
        slow.pass(Duration.ofSeconds(30));
        assertThat(slow.policy.failures).isEmpty();
        assertThat(slow.now(slowly).achievedLsn()).isEqualTo(60);
    }

    @Test
    @DisplayName(
            "R22: a rate that is changed is in force for what is under way too, within a second: nothing stays slow for ever")
    void anotherRate() {
        f.policy.rate = OptionalLong.of(1);
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.pass(Duration.ofSeconds(10));
        assertThat(done.toCompletableFuture()).isNotDone();
        f.policy.rate = OptionalLong.empty();
        f.pass(Duration.ofSeconds(1));
        assertThat(f.now(done).achievedLsn()).isEqualTo(300);
        assertThat(f.policy.failures).isEmpty();
    }

    @Test
    @DisplayName("beside writes a recovery keeps to a rate of its own; once none has come for a second it does not")
    void besideWrites() {
        f.policy.rateBesideWrites = OptionalLong.of(30);
        VolumeLeader leader = f.lead(false, B);
        f.write(1);
        leader.senders().recover(B);
        f.pass(Duration.ofMillis(200));
        long atFirst = entriesSent();
        assertThat(atFirst).as("what a burst allows").isBetween(1L, 20L);
        f.write(1);
        f.pass(Duration.ofMillis(800));
        assertThat(entriesSent() - atFirst)
                .as("a rate of three entries a second")
                .isLessThan(10);
        f.pass(Duration.ofMillis(2_200));
        assertThat(entriesSent()).as("nobody writes").isGreaterThanOrEqualTo(100);
    }

    @Test
    @DisplayName("beside writes the lesser of the two rates is in force")
    void theLesserRate() {
        f.policy.rate = OptionalLong.of(60);
        f.policy.rateBesideWrites = OptionalLong.of(6_000_000);
        VolumeLeader leader = f.lead(false, B);
        f.write(1);
        leader.senders().recover(B);
        writing(Duration.ofSeconds(4));
        assertThat(entriesSent()).as("six entries a second, and the burst").isLessThan(50);
    }

    @Test
    @DisplayName(
            "R20: beside writes a recovery hurries once its pins hold half of what they may, and goes on doing so: or writers"
                    + " who are faster than it would have them revoked, for ever")
    void pinsThatBecomeCostly() {
        f.policy.rateBesideWrites = OptionalLong.of(1);
        f.policy.pinBytes = 1_000;
        f.source.heldBytes = 500;
        VolumeLeader leader = f.lead(false, B);
        f.write(1);
        leader.senders().recover(B);
        writing(Duration.ofSeconds(4));
        assertThat(entriesSent()).as("half is not too much").isLessThan(50);
        f.source.heldBytes = 501;
        writing(ExecutionPins.CAP_CHECK);
        f.source.heldBytes = 0;
        writing(Duration.ofSeconds(2));
        assertThat(entriesSent()).isGreaterThanOrEqualTo(100);
        assertThat(f.told(RecoveryEvent.PinRevoked.class)).isEmpty();
    }

    /** A write in every fifth of a second. */
    private void writing(Duration time) {
        for (long ms = 0; ms < time.toMillis(); ms += 200) {
            f.write(1);
            f.pass(Duration.ofMillis(200));
        }
    }

    @Test
    @DisplayName(
            "R20: beside writes a recovery hurries once its pins stood still for a quarter of the time that they may")
    void pinsThatBecomeOld() {
        f.policy.rateBesideWrites = OptionalLong.of(1);
        f.policy.pinAge = Duration.ofSeconds(20);
        VolumeLeader leader = f.lead(false, B);
        f.write(1);
        leader.senders().recover(B);
        writing(Duration.ofMillis(4_800));
        assertThat(entriesSent()).as("it stood still for less than a quarter").isLessThan(50);
        writing(Duration.ofSeconds(3));
        assertThat(entriesSent()).isGreaterThanOrEqualTo(100);
    }

    @Test
    @DisplayName("R20: keep-up's pin has a cap too: a replica that stops acknowledging never fills the primary's disk")
    void keepUpPin() {
        f.policy.pinBytes = 1_000;
        VolumeLeader leader = f.lead(false, B);
        f.now(leader.senders().recover(B));
        f.link.lostRequests = Request.Append.class::isInstance;
        f.write(50);
        f.source.heldBytes = 1_001;
        f.link.unreachable.add(B);
        f.pass(Duration.ofMillis(300));
        assertThat(f.told(RecoveryEvent.PinRevoked.class))
                .singleElement()
                .satisfies(each -> assertThat(each.heldBytes()).isEqualTo(1_001));
        assertThat(f.policy.failures.get(0)).isInstanceOf(LogTrimmedException.class);
        assertThat(f.source.openCursors).isZero();
    }

    @Test
    @DisplayName("R22: keep-up that is owed an acknowledgement for its window ends; an idle one never does")
    void keepUpWithoutProgress() {
        f.policy.noProgress = Duration.ofSeconds(3);
        f.now(f.lead(false, B).senders().recover(B));
        f.pass(Duration.ofSeconds(10));
        assertThat(f.policy.failures).as("nothing is owed").isEmpty();
        f.link.lostRequests = Request.Append.class::isInstance;
        f.write(1);
        f.pass(Duration.ofMillis(3_300));
        assertThat(budgetThatFailed()).isEqualTo(Budget.NO_PROGRESS);
    }

    @Test
    @DisplayName("R38: without a lease no bulk step begins; with it again the recovery goes on")
    void noLeaseNoBulkStep() {
        f.set.lease = false;
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.pass(Duration.ofSeconds(2));
        assertThat(f.source.calls).noneMatch(call -> call.startsWith("pinLog"));
        f.set.lease = true;
        f.pass(Duration.ofMillis(100));
        assertThat(f.now(done).achievedLsn()).isEqualTo(300);
    }

    @Test
    @DisplayName(
            "R14: the budgets hold for a host that drives the steps itself, with nothing escalated behind its back")
    void stepwise() {
        f.policy.entries = OptionalLong.of(30);
        VolumeLeader leader = f.lead(false, B);
        Fenced fenced = f.now(leader.senders().fence(B));
        RecoveryPlan plan = f.now(leader.senders().plan(B, fenced.position()));
        RecoveryExecution execution = f.now(leader.senders().begin(plan));
        RecoveryException ended = null;
        for (int steps = 0; ended == null && steps < MOST_STEPS; steps++) {
            CompletionStage<Step> step = execution.step();
            f.runtime.runAll();
            ended = step.handle((done, failure) -> (RecoveryException) failure)
                    .toCompletableFuture()
                    .join();
        }
        assertThat(ended).isInstanceOf(BudgetExceededException.class).hasMessageContaining("ENTRIES: 32 of 30");
        assertThat(f.status(B).state()).isEqualTo("IDLE");
        assertThat(f.source.pins).isEmpty();
        f.pass(Duration.ofSeconds(5));
        assertThat(f.status(B).state()).as("nobody asked for more").isEqualTo("IDLE");
    }

    private Budget budgetThatFailed() {
        assertThat(f.policy.failures).hasSize(1);
        return ((BudgetExceededException) f.policy.failures.get(0)).budget();
    }

    private long entriesSent() {
        return f.link.sent(Request.Append.class, B).stream()
                .mapToLong(each -> each.batch().entries().size())
                .sum();
    }
}
