package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.A;
import static io.resilver.execution.LeaderFixture.B;
import static io.resilver.execution.LeaderFixture.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.driver.Step;
import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Token;
import io.resilver.spi.plan.RecoveryPlan;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The hand-over from a recovery to keep-up, and what keep-up counts. */
class KeepUpTest {
    private final LeaderFixture f = new LeaderFixture();

    @AfterEach
    void nothingWasThrown() {
        assertThat(f.uncaught).isEmpty();
        f.runtime.runAll();
        assertThat(f.ledger.count()).isEqualTo(f.source.pins.size());
    }

    @Test
    @DisplayName("R30, R11: a report of more than was sent is never counted, and ends the session for good")
    void moreThanWasSent() throws RecoveryException {
        VolumeLeader leader = committedWithB();
        f.source.readableTo = 33;
        CompletionStage<Void> waiting = leader.whenCommitted(f.write(1));
        f.link.inject(new Response.Durable(B, token(), Long.MAX_VALUE, 36));
        f.runtime.runAll();
        assertThat(waiting.toCompletableFuture()).isNotDone();
        assertThat(f.policy.failures).singleElement().isInstanceOf(PermanentException.class);
        assertThat(f.status(B).why()).contains("more than was sent");
    }

    @Test
    @DisplayName("R10, R11: within a catch-up too, more than was sent is somebody else's doing")
    void moreThanWasSentWithinACatchUp() {
        f.source.append(FIRST, 100);
        f.link.lostAnswers = Response.Durable.class::isInstance;
        f.policy.rate = OptionalLong.of(60);
        f.lead(false, B).senders().recover(B);
        f.pass(Duration.ofSeconds(2));
        long sent = f.link.sent(Request.Append.class, B).stream()
                .mapToLong(each -> each.batch().last().lsn())
                .max()
                .orElseThrow();
        f.link.lostAnswers = answer -> false;
        f.link.inject(new Response.Durable(B, token(), Long.MAX_VALUE, sent + 3));
        f.runtime.runAll();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
        assertThat(f.status(B).why()).contains("more than was sent");
    }

    @Test
    @DisplayName("R12: completing twice, before the first is done, hands one pin on and takes no second")
    void completedTwice() throws RecoveryException {
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        VolumeLeader leader = f.lead(false, B);
        RecoveryPlan plan =
                f.now(leader.senders().plan(B, f.now(leader.senders().fence(B)).position()));
        RecoveryExecution execution = f.now(leader.senders().begin(plan));
        Step step = f.now(execution.step());
        while (!step.done()) {
            step = f.now(execution.step());
        }
        CompletionStage<RecoveryReport> first = execution.complete();
        CompletionStage<RecoveryReport> second = execution.complete();
        f.runtime.runAll();
        assertThat(first.toCompletableFuture()).isCompleted();
        assertThat(second.toCompletableFuture()).isCompletedExceptionally();
        assertThat(f.source.pins).hasSize(1);
        leader.stop("a test");
        f.runtime.runAll();
        assertThat(f.source.pins).isEmpty();
    }

    @Test
    @DisplayName("R19: without a gap, too, the cursor is open at the replica's LSN before it is called caught up")
    void theCursorIsOpenFirst() throws RecoveryException {
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        f.now(f.lead(false, B).senders().recover(B));
        assertThat(f.told(RecoveryEvent.RecoveryCompleted.class)).hasSize(1);
        assertThat(f.source.calls).contains("open 30");
        f.write(2);
        assertThat(f.stores.get(B).durableLog()).isEqualTo(f.source.ids());
        assertThat(f.source.openCursors).isEqualTo(1);
    }

    @Test
    @DisplayName("R22: keep-up whose own source shows nothing of what was appended ends after its window")
    void aSourceThatShowsNothing() throws RecoveryException {
        committedWithB();
        f.policy.noProgress = Duration.ofSeconds(3); // from the next keep-up on
        f.link.cut(B);
        f.pass(Duration.ofSeconds(1));
        f.source.readableTo = 33;
        f.write(1);
        f.pass(Duration.ofMillis(3_600));
        assertThat(f.policy.failures).anyMatch(BudgetExceededException.class::isInstance);
    }

    @Test
    @DisplayName("R20: keep-up lets go of the log that the replica has durably, although nothing more is written")
    void letsGoWithoutAnotherWrite() throws RecoveryException {
        committedWithB();
        long head = f.write(10);
        f.pass(LeaderOptions.DEFAULT.tick());
        f.source.trim(head);
        assertThat(f.source.history().tailLsn()).isEqualTo(head);
    }

    @Test
    @DisplayName("R38: a member that lost its connection and missed nothing is fed again without a lease")
    void noGapNeedsNoLease() throws RecoveryException {
        committedWithB();
        f.set.lease = false;
        f.link.cut(B);
        f.pass(Duration.ofSeconds(1));
        assertThat(f.status(B).state()).isEqualTo("IN_SYNC");
    }

    @Test
    @DisplayName("R30: the primary's own replica is required from the first moment on")
    void theOwnReplicaIsAlwaysRequired() {
        f.set = new GivenSet(Set.of(A, B), 1);
        assertThat(f.leadWithoutRunning(B).inSyncSet()).containsExactlyInAnyOrder(A, B);
    }

    private Token token() {
        return f.link.requests.get(f.link.requests.size() - 1).token();
    }

    private VolumeLeader committedWithB() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        VolumeLeader leader = f.lead(true, B);
        f.pass(LeaderOptions.DEFAULT.readLease());
        f.write(1);
        assertThat(leader.committedLsn()).hasValue(33);
        return leader;
    }
}
