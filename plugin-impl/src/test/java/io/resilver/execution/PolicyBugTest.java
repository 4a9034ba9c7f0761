package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.A;
import static io.resilver.execution.LeaderFixture.B;
import static io.resilver.execution.LeaderFixture.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.driver.Step;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.plan.RecoveryPlan;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A vendor's policy that throws, answers nothing, or answers what cannot be: it fails its own recovery, never the volume. */
class PolicyBugTest {
    private final LeaderFixture f = new LeaderFixture();

    @AfterEach
    void nothingWasThrown() {
        assertThat(f.uncaught).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"choose", "budgets", "priority", "rate", "rate beside writes"})
    @DisplayName("R12: a policy with a bug fails its own recovery, by name, and holds no pin and no slot")
    void aThrowingPolicy(String question) {
        f.source.append(FIRST, 50);
        f.policy.bug = question;
        VolumeLeader leader = f.lead(false, B);
        f.write(1);
        CompletionStage<RecoveryReport> done = leader.senders().recover(B);
        f.runtime.runAll();
        assertThat(done.toCompletableFuture()).isCompletedExceptionally();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
        assertThat(f.status(B).why()).contains("a policy with a bug");
        assertThat(f.source.pins).isEmpty();
        assertThat(f.scheduler.active()).isZero();
    }

    @Test
    @DisplayName("R12: a policy whose bug shows only when keep-up begins leaves no pin and no cursor")
    void aPolicyThatThrowsAtTheEnd() throws RecoveryException {
        f.source.append(FIRST, 50);
        f.source.hook = call -> {
            if (call.startsWith("next")) {
                f.policy.bug = "budgets";
            }
        };
        f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
        assertThat(f.source.pins).isEmpty();
        assertThat(f.source.openCursors).isZero();
    }

    @Test
    @DisplayName(
            "R12: a policy whose bug shows only when it is asked for its rate again leaves no pin and no step without an answer")
    void aPolicyThatThrowsOnTheWay() throws RecoveryException {
        f.source.append(FIRST, 50);
        SenderAccess senders = f.lead(false, B).senders();
        RecoveryPlan plan = f.now(senders.plan(B, f.now(senders.fence(B)).position()));
        RecoveryExecution begun = f.now(senders.begin(plan));
        f.now(begun.step());
        f.policy.bug = "rate";
        CompletionStage<Step> replay = begun.step();
        f.runtime.runAll();
        assertThat(replay.toCompletableFuture()).isCompletedExceptionally();
        assertThat(f.source.pins).isEmpty();
        assertThat(f.source.openCursors).isZero();
        assertThat(f.link.openStreams()).isZero();
    }

    @Test
    @DisplayName("R13: a policy that fails when it is asked what follows a failure gives up, and the sender says so")
    void aPolicyThatThrowsAfterAFailure() {
        f.source.append(FIRST, 50);
        f.source.readableTo = 60;
        f.policy.bug = "afterFailure";
        f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
    }

    @Test
    @DisplayName("R12: a policy's bug fails the step of a host that drives it, instead of leaving it without an answer")
    void aThrowingPolicyStepwise() {
        f.source.append(FIRST, 50);
        f.policy.bug = "budgets";
        SenderAccess senders = f.lead(false, B).senders();
        RecoveryPlan plan = f.now(senders.plan(B, f.now(senders.fence(B)).position()));
        CompletionStage<RecoveryExecution> begun = senders.begin(plan);
        f.runtime.runAll();
        assertThat(begun.toCompletableFuture()).isCompletedExceptionally();
        assertThat(f.status(B).state()).isEqualTo("IDLE");
        assertThat(f.link.openStreams()).isZero();
        f.policy.bug = "none";
        assertThat(f.now(senders.recover(B)).achievedLsn()).isEqualTo(150);
    }

    @Test
    @DisplayName("R31: a policy whose grace throws keeps no member that is away in the set for ever")
    void aThrowingGrace() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.policy.bug = "grace";
        f.link.unreachable.add(B);
        VolumeLeader leader = f.lead(true, B);
        CompletionStage<Void> waiting = leader.whenCommitted(f.write(1));
        f.pass(Duration.ofSeconds(4));
        assertThat(waiting.toCompletableFuture()).isCompleted();
    }

    @ParameterizedTest
    @ValueSource(strings = {"choose", "budgets", "rate", "rate beside writes"})
    @DisplayName("R12: a policy that answers nothing fails its own recovery, by name")
    void aPolicyThatAnswersNothing(String question) {
        f.source.append(FIRST, 50);
        f.policy.silent = question;
        VolumeLeader leader = f.lead(false, B);
        f.write(1);
        leader.senders().recover(B);
        f.runtime.runAll();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
        assertThat(f.status(B).why()).contains("answered nothing");
        assertThat(f.source.pins).isEmpty();
        assertThat(f.scheduler.active()).isZero();
    }

    @Test
    @DisplayName("R13: a policy that answers nothing after a failure gives up, with no slot and no session")
    void aPolicyThatAnswersNothingAfterAFailure() {
        f.source.append(FIRST, 50);
        f.source.readableTo = 60;
        f.policy.silent = "afterFailure";
        f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
        assertThat(f.scheduler.active()).isZero();
        assertThat(f.link.openStreams()).isZero();
    }

    @Test
    @DisplayName("R21: times beyond what a clock can count are long times, not errors")
    void forever() throws RecoveryException {
        f.source.append(FIRST, 50);
        f.set = new GivenSet(Set.of(A, B), 1);
        f.policy.noProgress = ChronoUnit.FOREVER.getDuration();
        f.policy.pinAge = ChronoUnit.FOREVER.getDuration();
        f.policy.grace = ChronoUnit.FOREVER.getDuration();
        VolumeLeader leader = f.lead(true, B);
        f.pass(Duration.ofSeconds(5));
        assertThat(leader.committedLsn()).hasValue(150);
        assertThat(f.policy.failures).isEmpty();
    }

    @Test
    @DisplayName("R21: a rate of nothing is slow, not a division by zero")
    void noRate() {
        f.source.append(FIRST, 50);
        f.policy.rate = OptionalLong.of(0);
        f.policy.noProgress = Duration.ofSeconds(3);
        f.lead(false, B).senders().recover(B);
        f.pass(Duration.ofSeconds(10));
        assertThat(f.status(B).state()).isEqualTo("RECOVERING");
    }
}
