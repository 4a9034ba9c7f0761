package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.B;
import static io.resilver.execution.LeaderFixture.C;
import static io.resilver.execution.LeaderFixture.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.RecoveryPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** However a recovery ends, at whatever point: nothing is held, the session is over, and the sender says why. */
class EndsTest {
    /** More turns than a recovery of these sizes takes. */
    private static final int MOST_TURNS = 500;

    /** A fence, a plan, a pin, several batches and their answers are more turns than this. */
    private static final int LEAST_TURNS = 40;

    private LeaderFixture f = new LeaderFixture();
    private VolumeLeader leader;

    @AfterEach
    void nothingWasThrown() {
        assertThat(f.uncaught).isEmpty();
    }

    /** Ways in which a recovery ends early. */
    enum End {
        CANCELLED,
        UNASSIGNED,
        TERM_OVER,
        SUPERSEDED,
        CUT,
        MOVED
    }

    private void make(End end) {
        switch (end) {
            case CANCELLED -> {
                List<RecoveryEvent.RecoveryPlanned> plans = f.told(RecoveryEvent.RecoveryPlanned.class);
                if (plans.isEmpty()) {
                    make(End.UNASSIGNED); // there is no plan to cancel yet
                } else {
                    cancelled(plans.get(plans.size() - 1).plan());
                }
            }
            case UNASSIGNED -> leader.reassign(f.assignment(), false);
            case TERM_OVER -> leader.stop("a test");
            case SUPERSEDED -> leader.senders().fence(B);
            case CUT -> f.link.cut(B);
            case MOVED -> leader.reassign(moved(), false);
        }
    }

    private void cancelled(RecoveryPlan plan) {
        CompletionStage<Void> done = leader.senders().cancel(plan, true, "a test");
        f.runtime.runAll();
        assertThat(done.toCompletableFuture()).isCompleted();
        if (!f.told(RecoveryEvent.RecoveryCompleted.class).isEmpty()) {
            make(End.UNASSIGNED); // it was complete before the cancellation came
            return;
        }
        assertThat(f.status(B).state()).isEqualTo("IDLE");
        assertThat(f.status(B).why()).contains("cancelled: a test");
    }

    static Stream<Arguments> endsAndKinds() {
        return Stream.of(End.values())
                .flatMap(end -> Stream.of(true, false).map(rebuild -> Arguments.of(end, rebuild)));
    }

    @ParameterizedTest(name = "{0}, rebuild {1}")
    @MethodSource("endsAndKinds")
    @DisplayName("R12, R13, R6: ended between any two turns, a recovery leaves no pin, cursor, slot, byte or session")
    void endedAnywhere(End end, boolean rebuild) {
        for (int turns = 0; turns < MOST_TURNS; turns++) {
            f = new LeaderFixture();
            f.source.append(FIRST, 40);
            if (rebuild) {
                f.source.trim(60);
            }
            CompletionStage<RecoveryReport> done = begin();
            for (int i = 0; i < turns; i++) {
                f.runtime.runOne();
            }
            if (done.toCompletableFuture().isDone()) {
                assertThat(turns).as("it was ended between so many turns").isGreaterThan(LEAST_TURNS);
                return;
            }
            make(end);
            f.link.unreachable.add(B); // what would begin anew gets nowhere
            f.runtime.runAll();
            f.pass(Duration.ofMillis(10));
            assertThat(f.source.pins).as("pins after %s turns", turns).isEmpty();
            assertThat(f.ledger.count()).isZero();
            assertThat(f.source.openCursors).isZero();
            assertThat(f.scheduler.active()).isZero();
            assertThat(f.scheduler.bytesUnderWay()).isZero();
            assertThat(f.uncaught).isEmpty();
        }
        throw new AssertionError("the recovery never ended by itself");
    }

    private CompletionStage<RecoveryReport> begin() {
        leader = f.lead(false, B);
        return leader.senders().recover(B);
    }

    private Assignment moved() {
        Assignment same = f.assignment(B);
        return new Assignment(
                same.volume(),
                same.incarnation(),
                same.epoch(),
                same.configurationNumber(),
                same.self(),
                List.of(same.replicas().get(0), LeaderFixture.at(B, 8)));
    }

    @Test
    @DisplayName("R4: another endpoint ends the session and keeps the sender, which goes on there")
    void movedGoesOn() {
        f.source.append(FIRST, 40);
        begin();
        f.runtime.runAll();
        int fences = f.link.sent(Request.Fence.class, B).size();
        leader.reassign(moved(), false);
        f.runtime.runAll();
        List<Request.Fence> all = f.link.sent(Request.Fence.class, B);
        assertThat(all).hasSize(fences + 1);
        assertThat(all.get(fences).token().session()).as("R5: sessions rise").isGreaterThan(1);
        assertThat(f.status(B).state()).isEqualTo("KEEPING_UP");
        assertThat(f.link.openStreams()).isEqualTo(1);
    }

    @Test
    @DisplayName("R4, R6: an assignment that is not newer changes nothing, whatever it lists")
    void anOlderAssignmentChangesNothing() {
        f.source.append(FIRST, 40);
        Assignment old = f.assignment();
        begin();
        f.runtime.runAll();
        leader.reassign(old, false);
        f.runtime.runAll();
        assertThat(f.status(B).state()).isEqualTo("KEEPING_UP");
        assertThat(f.link.openStreams()).isEqualTo(1);
    }

    @Test
    @DisplayName("R6: a replica that is removed lets its pins go; the others stay as they are")
    void removedReplica() {
        f.source.append(FIRST, 40);
        leader = f.lead(true, B, C);
        assertThat(f.source.pins).hasSize(2);
        leader.reassign(f.assignment(C), true);
        f.runtime.runAll();
        assertThat(f.source.pins).hasSize(1);
        assertThat(f.link.sent(Request.Fence.class, C)).hasSize(1);
        assertThat(f.status(C).state()).isEqualTo("KEEPING_UP");
    }

    @Test
    @DisplayName("R13: after a failure for good the sender says why, holds nothing, and goes on when it is asked")
    void givenUp() {
        f.source.append(FIRST, 40);
        f.source.hook = call -> {
            if (call.startsWith("next")) {
                throw new PermanentException("the adapter lost its log");
            }
        };
        CompletionStage<RecoveryReport> done = begin();
        f.runtime.runAll();
        assertThat(done.toCompletableFuture()).isCompletedExceptionally();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
        assertThat(f.status(B).why()).contains("lost its log");
        assertThat(f.source.pins).isEmpty();
        f.source.hook = call -> {};
        assertThat(f.now(leader.senders().recover(B)).achievedLsn()).isEqualTo(120);
    }

    @Test
    @DisplayName(
            "R13 R36: who was given up is tried again once the record knows another store, or another opening of it")
    void aRepairedStoreIsTriedAgain() {
        f.source.append(FIRST, 40);
        f.set.record(B, new StoreIdentity(new StoreId("store"), 1));
        f.source.hook = call -> {
            if (call.startsWith("next")) {
                throw new PermanentException("empty its store");
            }
        };
        begin();
        f.runtime.runAll();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
        f.source.hook = call -> {};
        leader.refreshMembership();
        f.pass(Duration.ofMinutes(10));
        assertThat(f.status(B).state()).as("nothing has changed").isEqualTo("GIVEN_UP");
        f.set.record(B, new StoreIdentity(new StoreId("store"), 2));
        leader.refreshMembership();
        f.pass(Duration.ofSeconds(1));
        assertThat(f.status(B).state()).isIn("KEEPING_UP", "IN_SYNC");
    }

    @Test
    @DisplayName(
            "R13 R36: what the record learns of a store during the attempt that is given up is not lost: it is tried"
                    + " again, once")
    void aStoreThatChangesDuringTheLastAttemptIsTriedAgain() {
        f.source.append(FIRST, 40);
        f.set.record(B, new StoreIdentity(new StoreId("store"), 1));
        List<String> failed = new ArrayList<>();
        f.source.hook = call -> {
            if (call.startsWith("next")) {
                if (failed.isEmpty()) {
                    f.set.record(B, new StoreIdentity(new StoreId("store"), 2));
                    leader.refreshMembership();
                    f.runtime.runWorkers();
                }
                failed.add(call);
                throw new PermanentException("empty its store");
            }
        };
        begin();
        f.pass(Duration.ofMinutes(10));
        assertThat(failed).hasSize(2);
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
    }

    @Test
    @DisplayName("R21: however many ask for one recovery, there is one answer: all of them hear of the first success")
    void oneAnswerForOneRecovery() {
        f.source.append(FIRST, 40);
        f.link.lostAnswers = answer -> answer instanceof Response.Fenced;
        List<CompletionStage<RecoveryReport>> waiting = new ArrayList<>();
        waiting.add(begin());
        while (waiting.size() < 100) {
            waiting.add(leader.senders().recover(B));
        }
        f.runtime.runAll();
        assertThat(waiting).noneMatch(each -> each.toCompletableFuture().isDone());
        f.link.lostAnswers = answer -> false;
        f.pass(Duration.ofMinutes(2));
        assertThat(waiting).allMatch(each -> f.now(each).achievedLsn() == 120);
        assertThat(waiting.stream().map(f::now).distinct()).hasSize(1);
    }

    @Test
    @DisplayName("R1: while one recovery runs, asking again joins it: there is one session and one stream")
    void askedTwice() {
        f.source.append(FIRST, 40);
        CompletionStage<RecoveryReport> first = begin();
        CompletionStage<RecoveryReport> second = leader.senders().recover(B);
        assertThat(f.now(first)).isSameAs(f.now(second));
        assertThat(f.link.sent(Request.Fence.class, B)).hasSize(1);
    }

    @Test
    @DisplayName("R8: a plan is begun once, and only in the session in which it was made")
    void aPlanIsBound() {
        f.source.append(FIRST, 40);
        leader = f.lead(false, B);
        RecoveryPlan plan =
                f.now(leader.senders().plan(B, f.now(leader.senders().fence(B)).position()));
        CompletionStage<RecoveryExecution> first = leader.senders().begin(plan);
        CompletionStage<RecoveryExecution> again = leader.senders().begin(plan);
        f.runtime.runAll();
        assertThat(first.toCompletableFuture()).isCompleted();
        assertThat(again.toCompletableFuture()).isCompletedExceptionally();
        f.now(leader.senders().fence(B));
        CompletionStage<RecoveryExecution> late = leader.senders().begin(plan);
        f.runtime.runAll();
        assertThat(late.toCompletableFuture()).isCompletedExceptionally();
        assertThat(f.source.pins).isEmpty();
    }

    @Test
    @DisplayName("R10: a target that reports more than was sent is somebody else's: the recovery fails for good")
    void beyondTheTarget() {
        f.source.append(FIRST, 40);
        f.link.lostAnswers = answer -> answer instanceof Response.Durable;
        begin();
        f.runtime.runAll();
        Request.Append sent = f.link.sent(Request.Append.class, B).get(0);
        f.link.lostAnswers = answer -> false;
        f.link.inject(new Response.Durable(B, sent.token(), sent.sequence(), 121));
        f.runtime.runAll();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
        assertThat(f.status(B).why()).contains("beyond 120");
    }

    @Test
    @DisplayName(
            "R4: each attempt that nobody answers is a hint that the replica listens elsewhere; other failures are not")
    void unansweredIsAHint() {
        f.source.append(FIRST, 40);
        f.link.unreachable.add(B);
        begin();
        f.pass(Duration.ofMillis(250));
        assertThat(f.doubts).as("at once, and after 100 ms").isEqualTo(2);
        f.link.unreachable.clear();
        f.source.readableTo = 60;
        f.pass(Duration.ofSeconds(1));
        assertThat(f.told(RecoveryEvent.RecoveryFailed.class)).hasSizeGreaterThan(2);
        assertThat(f.doubts).isEqualTo(2);
    }

    @Test
    @DisplayName("R54: a replica that does not answer its fence costs a timeout, and is tried again")
    void silentFence() {
        f.source.append(FIRST, 40);
        f.link.lostRequests = Request.Fence.class::isInstance;
        CompletionStage<RecoveryReport> done = begin();
        f.pass(Duration.ofMillis(5_050));
        assertThat(f.told(RecoveryEvent.RecoveryFailed.class).get(0).cause()).hasMessageContaining("its fence");
        f.link.lostRequests = request -> false;
        f.pass(Duration.ofSeconds(1));
        assertThat(f.now(done).achievedLsn()).isEqualTo(120);
        assertThat(f.link.openStreams()).isEqualTo(1);
    }

    @Test
    @DisplayName(
            "R1: asking for a recovery while a plan of the host's own waits replaces it; no answer is left waiting")
    void recoverAfterAPlanThatWasNotBegun() {
        f.source.append(FIRST, 40);
        leader = f.lead(false, B);
        f.now(leader.senders().plan(B, f.now(leader.senders().fence(B)).position()));
        assertThat(f.now(leader.senders().recover(B)).achievedLsn()).isEqualTo(120);
    }

    @Test
    @DisplayName("R1: asking twice while the history is read does not begin anew")
    void askedTwiceWhilePlanning() {
        f.source.append(FIRST, 40);
        List<CompletionStage<RecoveryReport>> second = new ArrayList<>();
        f.source.hook = call -> {
            if (call.equals("history") && second.isEmpty()) {
                second.add(leader.senders().recover(B)); // comes to the strand before the history does
            }
        };
        CompletionStage<RecoveryReport> first = begin();
        assertThat(f.now(first)).isSameAs(f.now(second.get(0)));
        assertThat(f.link.sent(Request.Fence.class, B)).hasSize(1);
    }

    @Test
    @DisplayName("R13: a host that takes the steps over answers who waited for the whole recovery")
    void fencedWhileRecovering() {
        f.source.append(FIRST, 40);
        f.link.unreachable.add(B);
        CompletionStage<RecoveryReport> whole = begin();
        f.runtime.runAll();
        leader.senders().fence(B);
        f.runtime.runAll();
        assertThat(whole.toCompletableFuture()).isCompletedExceptionally();
    }

    @Test
    @DisplayName("R4: a fence that was under way when the replica moved is answered with a failure, not never")
    void movedWhileFencing() {
        f.source.append(FIRST, 40);
        f.link.lostRequests = Request.Fence.class::isInstance;
        leader = f.lead(false, B);
        CompletionStage<Fenced> fence = leader.senders().fence(B);
        f.runtime.runAll();
        leader.reassign(moved(), false);
        f.runtime.runAll();
        assertThat(fence.toCompletableFuture()).isCompletedExceptionally();
    }

    @Test
    @DisplayName("R5: a replica that is removed and assigned again in one term gets sessions that it never had")
    void assignedAgain() {
        f.source.append(FIRST, 40);
        leader = f.lead(true, B);
        f.link.cut(B);
        f.pass(Duration.ofSeconds(1));
        leader.reassign(f.assignment(), true);
        leader.reassign(f.assignment(B), true);
        f.runtime.runAll();
        assertThat(f.status(B).state()).isEqualTo("KEEPING_UP");
        assertThat(f.link.sent(Request.Fence.class, B))
                .extracting(each -> each.token().session())
                .isSorted()
                .doesNotHaveDuplicates()
                .hasSize(3);
    }

    @Test
    @DisplayName("R6: a replica whose duty becomes to be rebuilt is rebuilt, though it missed nothing")
    void dutyToRebuild() {
        f.source.append(FIRST, 40);
        leader = f.lead(true, B);
        leader.reassign(f.rebuilding(B), true);
        f.runtime.runAll();
        assertThat(f.told(RecoveryEvent.RecoveryCompleted.class))
                .last()
                .satisfies(each -> assertThat(each.report().outcome()).isEqualTo(Outcome.NEEDS_REBUILD));
    }

    @Test
    @DisplayName("R8 R13: a plan that is made while another is begun changes nothing: what was begun can be cancelled")
    void plannedAgainWhileBegun() {
        f.source.append(FIRST, 40);
        leader = f.lead(false, B);
        Fenced fenced = f.now(leader.senders().fence(B));
        RecoveryPlan plan = f.now(leader.senders().plan(B, fenced.position()));
        CompletionStage<RecoveryPlan> again = leader.senders().plan(B, fenced.position());
        RecoveryExecution begun = f.now(leader.senders().begin(plan));
        assertThat(again.toCompletableFuture()).isCompletedExceptionally();
        assertThat(f.now(begun.step()).done()).isFalse();
        CompletionStage<Void> cancelled = leader.senders().cancel(plan, true, "a test");
        f.runtime.runAll();
        assertThat(cancelled.toCompletableFuture()).isCompleted();
        assertThat(f.status(B).state()).isEqualTo("IDLE");
        assertThat(f.source.pins).isEmpty();
    }

    @Test
    @DisplayName("R12: a base pin whose description fails is let go")
    void aBaseThatCannotBeDescribed() {
        f.source.append(FIRST, 40);
        f.source.trim(60);
        f.source.hook = call -> {
            if (call.startsWith("describe")) {
                throw new IllegalStateException("an adapter with a bug");
            }
        };
        begin();
        f.runtime.runAll();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
        assertThat(f.source.pins).isEmpty();
        assertThat(f.ledger.count()).isZero();
    }
}
