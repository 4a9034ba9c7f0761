package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.A;
import static io.resilver.execution.LeaderFixture.B;
import static io.resilver.execution.LeaderFixture.C;
import static io.resilver.execution.LeaderFixture.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.engine.EpochLimit;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.PinRequest;
import io.resilver.spi.plan.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Who must have an entry before it is committed, and who may read. */
class InSyncSetTest {
    /** A new primary acknowledges nothing before this is over. */
    private static final Duration READ_LEASE = LeaderOptions.DEFAULT.readLease();

    private static final Duration GRACE = Duration.ofSeconds(2);

    private final LeaderFixture f = new LeaderFixture();

    @AfterEach
    void nothingWasThrown() {
        assertThat(f.uncaught).isEmpty();
    }

    @Test
    @DisplayName("R30: an entry is committed when every member has it durably, not before")
    void everyMember() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        VolumeLeader leader = f.lead(true, B);
        f.pass(READ_LEASE);
        assertThat(leader.committedLsn()).hasValue(30);
        f.link.lostAnswers = Response.Durable.class::isInstance;
        CompletionStage<Void> waiting = leader.whenCommitted(f.write(1));
        f.pass(Duration.ofSeconds(1));
        assertThat(waiting.toCompletableFuture()).isNotDone();
        f.link.lostAnswers = answer -> false;
        CompletionStage<Void> second = leader.whenCommitted(f.write(1));
        f.runtime.runAll();
        assertThat(waiting.toCompletableFuture()).isCompleted();
        assertThat(second.toCompletableFuture()).isCompleted();
        assertThat(leader.committedLsn()).hasValue(36);
    }

    @Test
    @DisplayName("R30: the least size of the set holds: below it nothing is committed")
    void leastSize() throws RecoveryException {
        f.set = new GivenSet(Set.of(A), 2);
        f.source.append(FIRST, 10);
        f.link.unreachable.add(B);
        VolumeLeader leader = f.lead(true, B);
        CompletionStage<Void> waiting = leader.whenCommitted(f.write(1));
        f.pass(READ_LEASE.plusSeconds(5));
        assertThat(waiting.toCompletableFuture()).isNotDone();
        f.link.unreachable.clear();
        f.pass(Duration.ofSeconds(15));
        assertThat(f.set.view().members()).containsExactlyInAnyOrder(A, B);
        assertThat(waiting.toCompletableFuture()).isCompleted();
    }

    @Test
    @DisplayName("R33: nobody leads before every other member was fenced or removed")
    void readyAfterEveryMemberIsFenced() {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.set.prompt = false;
        f.link.unreachable.add(B);
        VolumeLeader leader = f.lead(true, B);
        CompletionStage<Leadership> ready = leader.start(f.assignment(B), true);
        f.pass(READ_LEASE.plusSeconds(3));
        assertThat(ready.toCompletableFuture()).isNotDone();
        assertThat(leader.committedLsn()).isEmpty();
        assertThat(f.set.asked).containsExactly("leave b");
        f.set.settle();
        f.pass(Duration.ofMillis(300));
        assertThat(ready.toCompletableFuture()).isCompleted();
        assertThat(leader.committedLsn()).hasValue(0);
    }

    @Test
    @DisplayName(
            "R40: a recovery without other faults asks for two changes of the record, to leave and to join, however much is written")
    void twoChangesARecovery() throws RecoveryException {
        committedWithB();
        f.link.unreachable.add(B);
        f.link.cut(B);
        for (int i = 0; i < 10; i++) {
            f.write(10);
            f.pass(GRACE);
        }
        f.link.unreachable.clear();
        for (int i = 0; i < 10; i++) {
            f.write(10);
            f.pass(GRACE);
        }
        assertThat(f.set.view().members()).containsExactlyInAnyOrder(A, B);
        assertThat(f.set.asked).containsExactly("leave b", "join b store/1");
    }

    @Test
    @DisplayName("R31: a member that is away is removed from the record first, and only then missed")
    void removedBeforeAcknowledging() throws RecoveryException {
        VolumeLeader leader = committedWithB();
        f.set.prompt = false;
        f.link.unreachable.add(B);
        f.link.cut(B);
        CompletionStage<Void> waiting = leader.whenCommitted(f.write(1));
        f.pass(GRACE.plusSeconds(2));
        assertThat(f.set.asked).contains("leave b");
        assertThat(waiting.toCompletableFuture())
                .as("the record still names it")
                .isNotDone();
        f.set.settle();
        f.runtime.runAll();
        assertThat(waiting.toCompletableFuture()).isCompleted();
        assertThat(f.told(RecoveryEvent.ReplicaLeft.class)).hasSize(1);
    }

    @Test
    @DisplayName("R31: a member that is fenced again and again and makes nothing durable is missed after its grace")
    void fencingIsNoProgress() throws RecoveryException {
        VolumeLeader leader = committedWithB();
        f.link.lostRequests = Request.Append.class::isInstance;
        CompletionStage<Void> waiting = leader.whenCommitted(f.write(1));
        int fencesBefore = f.link.sent(Request.Fence.class, B).size();
        for (int i = 0; i < 12; i++) {
            f.pass(Duration.ofMillis(300));
            f.link.cut(B);
        }
        assertThat(f.link.sent(Request.Fence.class, B).size() - fencesBefore).isGreaterThan(3);
        assertThat(f.set.asked).containsExactly("leave b");
        assertThat(waiting.toCompletableFuture()).isCompleted();
    }

    @Test
    @DisplayName(
            "R18, R31: a member that is to be rebuilt, has everything and holds up commits is missed after its grace, and gets"
                    + " the base that is there")
    void toBeRebuiltWhileWaitedFor() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        long head = f.source.append(FIRST, 12);
        f.holds(B, head);
        f.source.imageLsn = OptionalLong.of(30);
        f.policy.retry = Optional.of(Duration.ofMillis(300));
        f.link.lostAnswers = Response.Fenced.class::isInstance;
        VolumeLeader leader = f.lead(true, B);
        leader.reassign(f.rebuilding(B), true);
        f.link.lostAnswers = answer -> false;
        f.pass(READ_LEASE.plus(GRACE).plusSeconds(3));
        assertThat(f.policy.failures).as("no base at what it has").isNotEmpty();
        assertThat(f.set.asked).containsExactly("leave b", "join b store/1");
        assertThat(leader.committedLsn()).hasValue(head);
        assertThat(f.stores.get(B).position().flushedLsn()).isEqualTo(head);
        assertThat(f.told(RecoveryEvent.RecoveryCompleted.class))
                .extracting(each -> each.report().outcome())
                .containsExactly(Outcome.NEEDS_REBUILD);
    }

    @Test
    @DisplayName(
            "R31: a member that has everything keeps its place, whatever its source refuses, also while it is waited for")
    void whatTheSourceRefuses() throws RecoveryException {
        VolumeLeader leader = committedWithB();
        f.link.lostAnswers = Response.Durable.class::isInstance;
        CompletionStage<Void> waiting = leader.whenCommitted(f.write(1));
        int fencesBefore = f.link.sent(Request.Fence.class, B).size();
        f.source.hook = call -> {
            if (call.startsWith("pin")) {
                throw new RetriableException("no pins now", Duration.ZERO);
            }
        };
        f.policy.retry = Optional.of(Duration.ofMillis(300));
        f.link.cut(B);
        f.pass(GRACE.plusSeconds(2));
        assertThat(f.link.sent(Request.Fence.class, B).size() - fencesBefore).isGreaterThan(5);
        assertThat(f.set.asked).as("all copies but the primary's would be gone").isEmpty();
        assertThat(waiting.toCompletableFuture()).isNotDone();
    }

    @Test
    @DisplayName(
            "R31: a joiner is required from when commits wait for it until its change is settled: the larger set counts")
    void theLargerSetCounts() throws RecoveryException {
        f.source.append(FIRST, 10);
        f.set.prompt = false;
        VolumeLeader leader = f.lead(true, B);
        f.pass(READ_LEASE);
        assertThat(f.set.asked).containsExactly("join b store/1");
        assertThat(leader.inSyncSet()).containsExactlyInAnyOrder(A, B);
        f.link.lostAnswers = Response.Durable.class::isInstance;
        CompletionStage<Void> waiting = leader.whenCommitted(f.write(1));
        f.pass(LeaderOptions.DEFAULT.joinHold().plusSeconds(1));
        assertThat(waiting.toCompletableFuture())
                .as("whether the join took effect is not known")
                .isNotDone();
        f.set.settle();
        f.runtime.runAll();
        assertThat(waiting.toCompletableFuture()).as("it is a member now").isNotDone();
        f.link.lostAnswers = answer -> false;
        f.write(1);
        assertThat(waiting.toCompletableFuture()).isCompleted();
        assertThat(f.told(RecoveryEvent.ReplicaJoined.class)).hasSize(1);
    }

    @Test
    @DisplayName("R31: a joiner that does not reach what is committed in time is let go, and commits go on")
    void theHoldIsBounded() {
        f.source.append(FIRST, 10);
        VolumeLeader leader = f.lead(true, B);
        f.set.prompt = false;
        f.pass(Duration.ofMillis(200));
        f.link.lostAnswers = Response.Durable.class::isInstance;
        f.write(1); // it had all there was a tick ago, and has not what is committed now
        f.pass(Duration.ofMillis(100));
        assertThat(leader.inSyncSet()).containsExactlyInAnyOrder(A, B);
        CompletionStage<Void> waiting = leader.whenCommitted(f.write(1));
        f.pass(LeaderOptions.DEFAULT.joinHold().minusMillis(100));
        assertThat(waiting.toCompletableFuture()).isNotDone();
        f.pass(Duration.ofSeconds(1));
        assertThat(waiting.toCompletableFuture()).isCompleted();
        assertThat(f.set.view().members()).containsExactly(A);
    }

    @Test
    @DisplayName("R36: a store that is not the recorded one counts for nothing")
    void anotherStoreCountsForNothing() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.set.record(B, new StoreIdentity(new StoreId("replaced"), 1));
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        VolumeLeader leader = f.lead(true, B);
        f.set.prompt = false;
        f.pass(READ_LEASE);
        assertThat(leader.committedLsn()).isEmpty();
        assertThat(f.status(B).state()).isEqualTo("KEEPING_UP");
    }

    @Test
    @DisplayName("R30: what a session reported counts no more once it is over, until the replica is fenced again")
    void anEndedSessionCountsForNothing() throws RecoveryException {
        VolumeLeader leader = committedWithB();
        f.link.unreachable.add(B);
        f.link.cut(B);
        f.runtime.runAll();
        CompletionStage<Void> waiting = leader.whenCommitted(f.write(1));
        f.link.unreachable.clear();
        f.link.lostAnswers = Response.Fenced.class::isInstance;
        f.pass(Duration.ofSeconds(1));
        assertThat(waiting.toCompletableFuture()).isNotDone();
    }

    @Test
    @DisplayName(
            "R33: to a member that has acknowledged entries which this primary lacks it yields, and never removes it")
    void yieldsToAMemberThatHasMore() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        MemorySource longer = new MemorySource();
        longer.append(FIRST, 20);
        f.source.append(FIRST, 10);
        f.stores.get(B).append(longer.batch(0, 60));
        f.stores.get(B).flush();
        f.stores.get(B).committed(60);
        VolumeLeader leader = f.lead(true, B);
        assertThat(f.now(leader.ended())).contains("lacks");
        assertThat(f.set.asked).isEmpty();
        assertThat(f.link.sent(Request.Append.class, B)).isEmpty();
    }

    @Test
    @DisplayName("R35: a store that has promised a higher epoch ends the term")
    void deposed() throws RecoveryException {
        VolumeLeader leader = committedWithB();
        Request.Append any =
                f.link.sent(Request.Append.class, B).stream().findFirst().orElseThrow();
        f.link.inject(new Response.Refused(B, any.token(), 9, Optional.empty()));
        assertThat(f.now(leader.ended())).contains("promised epoch 9");
        assertThat(f.told(RecoveryEvent.TokenRefused.class)).hasSize(1);
        assertThat(f.source.pins).isEmpty();
        CompletionStage<Void> late = leader.whenCommitted(33);
        f.runtime.runAll();
        assertThat(late.toCompletableFuture()).isCompletedExceptionally();
    }

    @Test
    @DisplayName("R37: a new primary commits nothing before one full read lease is over")
    void waitsOneReadLease() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        VolumeLeader leader = f.lead(true, B);
        f.pass(READ_LEASE.minusMillis(50));
        assertThat(leader.committedLsn()).isEqualTo(OptionalLong.empty());
        assertThat(leader.mayServeReads()).isFalse();
        f.pass(Duration.ofMillis(300));
        assertThat(leader.committedLsn()).hasValue(30);
        assertThat(leader.mayServeReads()).isTrue();
    }

    @Test
    @DisplayName(
            "R30: no plan takes a member back behind what every member had durably, also before that is acknowledged")
    void nobodyIsTakenBackWhileTheNewPrimaryWaits() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        VolumeLeader leader = f.lead(true, B);
        f.write(2);
        assertThat(f.status(B).durableLsn()).hasValue(36);
        assertThat(leader.committedLsn()).as("the read lease is not over").isEmpty();
        f.now(leader.senders().fence(B));
        assertThat(f.now(leader.senders().planRebuild(B)).decision().pins())
                .extracting(PinRequest::lsn)
                .containsOnly(36L);
        f.pass(READ_LEASE);
        assertThat(leader.committedLsn()).as("it was everywhere").hasValue(36);
    }

    @Test
    @DisplayName(
            "R30: what a replica knows to be committed the own store is told, and nothing is acknowledged or read for it")
    void aReplicaKnowsMoreOfWhatIsCommitted() throws RecoveryException {
        f.set = new GivenSet(Set.of(A), 2);
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        f.stores.get(B).committed(24);
        VolumeLeader leader = f.lead(false, B);
        f.now(leader.senders().fence(B));
        assertThat(f.own.calls).doesNotContain("committed 24");
        f.now(leader.senders().planRebuild(B));
        f.pass(READ_LEASE);
        assertThat(f.own.calls).filteredOn(call -> call.startsWith("committed")).containsExactly("committed 24");
        assertThat(leader.committedLsn()).isEmpty();
        assertThat(leader.mayServeReads()).isFalse();
        f.now(leader.senders().fence(B));
        f.now(leader.senders().planRebuild(B));
        f.pass(READ_LEASE);
        assertThat(f.own.calls).filteredOn(call -> call.startsWith("committed")).hasSize(1);
    }

    @Test
    @DisplayName("R33: what a replica knows to be committed and the source does not have the own store is not told")
    void aReplicaKnowsOfWhatIsNotHere() throws RecoveryException {
        f.source.append(FIRST, 10);
        MemorySource other = new MemorySource();
        other.append(FIRST, 11);
        f.stores.get(B).append(other.batch(0, 33));
        f.stores.get(B).flush();
        f.stores.get(B).committed(33);
        VolumeLeader leader = f.lead(false, B);
        f.now(leader.senders().fence(B));
        assertThat(f.now(leader.senders().planRebuild(B)).decision().reason()).isEqualTo(Reason.SOURCE_INCOMPLETE);
        f.runtime.runAll();
        assertThat(f.own.calls).doesNotContain("committed 33", "committed 30");
    }

    @Test
    @DisplayName(
            "R37: what is acknowledged can be read: the primary's own store knows of a commit before any writer does")
    void theOwnStoreKnowsFirst() throws RecoveryException {
        VolumeLeader leader = committedWithB();
        List<String> known = new ArrayList<>();
        long lsn = f.source.append(LeaderFixture.TERM, 1);
        CompletionStage<Void> acknowledged = leader.whenCommitted(lsn).thenRun(() -> known.addAll(f.own.calls));
        leader.flushed(lsn);
        f.runtime.runAll();
        assertThat(acknowledged.toCompletableFuture()).isCompleted();
        assertThat(known).contains("committed " + lsn);
    }

    @Test
    @DisplayName("R37: no read is served before the own store was told of what was committed in this term")
    void noReadBeforeTheOwnStoreKnows() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        VolumeLeader leader = f.lead(true, B);
        List<Boolean> served = new ArrayList<>();
        f.own.hook = call -> {
            if (call.startsWith("committed")) {
                served.add(leader.mayServeReads());
            }
        };
        f.pass(READ_LEASE.plusMillis(300));
        assertThat(served).containsExactly(false);
        assertThat(leader.mayServeReads()).isTrue();
    }

    @Test
    @DisplayName(
            "R37: reads are served only while every other member answered within the lease, counted from the question")
    void readsNeedAnswers() throws RecoveryException {
        VolumeLeader leader = committedWithB();
        f.pass(Duration.ofSeconds(3));
        assertThat(leader.mayServeReads()).isTrue();
        f.set.prompt = false; // the member stays one
        f.link.lostAnswers = Response.Answered.class::isInstance;
        f.pass(LeaderOptions.DEFAULT.servedFor().minus(LeaderOptions.DEFAULT.tick()));
        assertThat(leader.mayServeReads()).as("its last answer is young enough").isTrue();
        f.pass(LeaderOptions.DEFAULT.tick());
        assertThat(leader.mayServeReads()).isFalse();
        f.link.lostAnswers = answer -> false;
        f.pass(Duration.ofMillis(300));
        assertThat(leader.mayServeReads()).isTrue();
    }

    @Test
    @DisplayName(
            "R37: where clocks may differ by half, reads are served for half of the lease, and a new primary waits all of it")
    void aLeaseIsShortenedByTheDrift() throws RecoveryException {
        f.servedFor = READ_LEASE.dividedBy(2);
        f.set = new GivenSet(Set.of(A, B), 1);
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        VolumeLeader leader = f.lead(true, B);
        f.pass(READ_LEASE.minusMillis(1));
        assertThat(leader.committedLsn()).isEmpty();
        f.pass(Duration.ofSeconds(3));
        assertThat(leader.committedLsn()).hasValue(30);
        assertThat(leader.mayServeReads()).isTrue();
        f.set.prompt = false; // the member stays one
        f.link.lostAnswers = Response.Answered.class::isInstance;
        f.pass(f.servedFor.minus(LeaderOptions.DEFAULT.tick()));
        assertThat(leader.mayServeReads()).isTrue();
        f.pass(LeaderOptions.DEFAULT.tick());
        assertThat(leader.mayServeReads()).isFalse();
    }

    @Test
    @DisplayName("R37: an answer that was long on its way counts from when it was asked for")
    void anAnswerCountsFromItsQuestion() throws RecoveryException {
        VolumeLeader leader = committedWithB();
        f.set.prompt = false;
        Request.Ask[] asked = new Request.Ask[1];
        f.link.lostRequests = request -> {
            if (request instanceof Request.Ask ask && asked[0] == null) {
                asked[0] = ask;
            }
            return request instanceof Request.Ask;
        };
        f.pass(LeaderOptions.DEFAULT.servedFor().plusSeconds(1));
        assertThat(leader.mayServeReads()).isFalse();
        f.link.inject(new Response.Answered(B, asked[0].token(), asked[0].question()));
        f.runtime.runAll();
        assertThat(leader.mayServeReads()).isFalse();
    }

    @Test
    @DisplayName(
            "R37: an answer counts when it comes, without a turn of the leader; one to what was not asked yet never does")
    void anAnswerNeedsNoTurn() throws RecoveryException {
        VolumeLeader leader = committedWithB();
        f.set.prompt = false;
        f.link.lostAnswers = Response.Answered.class::isInstance;
        f.pass(LeaderOptions.DEFAULT.servedFor().plusSeconds(1));
        List<Request.Ask> asked = f.link.sent(Request.Ask.class, B);
        Request.Ask last = asked.get(asked.size() - 1);
        f.link.inject(new Response.Answered(
                B, last.token(), last.question() + Duration.ofDays(1).toNanos()));
        assertThat(leader.mayServeReads()).isFalse();
        Token another = new Token(last.token().incarnation(), last.token().epoch(), 99);
        f.link.inject(new Response.Answered(B, another, last.question()));
        assertThat(leader.mayServeReads()).as("of no session of this term").isFalse();
        f.link.inject(new Response.Answered(B, last.token(), last.question()));
        assertThat(leader.mayServeReads()).isTrue();
        leader.stop("a test");
        f.runtime.runAll();
        assertThat(leader.mayServeReads()).as("the term is over").isFalse();
    }

    @Test
    @DisplayName("R31: a member that owes nothing and does not answer any more is missed after its grace")
    void silence() throws RecoveryException {
        committedWithB();
        f.link.lostAnswers = Response.Answered.class::isInstance;
        f.pass(GRACE.plus(LeaderOptions.DEFAULT.tick().multipliedBy(2)));
        assertThat(f.set.asked).contains("leave b");
    }

    @Test
    @DisplayName("R31: a member whose connection breaks has its whole grace, counted from its last answer")
    void theGraceIsWhole() throws RecoveryException {
        committedWithB();
        Duration almost = LeaderOptions.DEFAULT.tick().minusMillis(1);
        int asked = f.link.sent(Request.Ask.class, B).size();
        while (f.link.sent(Request.Ask.class, B).size() == asked) {
            f.pass(Duration.ofMillis(1));
        }
        f.pass(almost); // it has answered since the last look, and the next one is near
        f.link.unreachable.add(B);
        f.link.cut(B);
        f.pass(GRACE.minus(almost));
        assertThat(f.set.asked).as("at the end of its grace").doesNotContain("leave b");
        f.pass(LeaderOptions.DEFAULT.tick());
        assertThat(f.set.asked).contains("leave b");
    }

    @Test
    @DisplayName("R6: a member that is not assigned any more is asked out of the set, and commits wait until it is")
    void anUnassignedMember() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B, C), 1);
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        f.holds(C, 30);
        VolumeLeader leader = f.lead(true, B, C);
        f.pass(READ_LEASE);
        f.set.prompt = false;
        leader.reassign(f.assignment(C), true);
        CompletionStage<Void> waiting = leader.whenCommitted(f.write(1));
        f.pass(Duration.ofSeconds(1));
        assertThat(waiting.toCompletableFuture()).isNotDone();
        assertThat(leader.mayServeReads())
                .as("R37: the record still names one who is not asked")
                .isFalse();
        f.set.settle();
        f.runtime.runAll();
        assertThat(waiting.toCompletableFuture()).isCompleted();
        assertThat(leader.mayServeReads()).isTrue();
    }

    private VolumeLeader committedWithB() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        VolumeLeader leader = f.lead(true, B);
        f.pass(READ_LEASE);
        f.write(1);
        assertThat(leader.committedLsn()).hasValue(33);
        return leader;
    }

    @Test
    @DisplayName(
            "R42: a member that says it has promised an epoch beyond belief is told of and left out: the term goes on")
    void anAbsurdPromiseIsNoDeposition() {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.link.lostAnswers = Response.Fenced.class::isInstance;
        VolumeLeader leader = f.lead(true, B);
        Token token = f.link.sent(Request.Fence.class, B).get(0).token();
        f.link.inject(new Response.Refused(B, token, Long.MAX_VALUE, Optional.empty()));
        f.pass(READ_LEASE.plusSeconds(5));
        assertThat(leader.ended().toCompletableFuture()).isNotDone();
        assertThat(f.told(RecoveryEvent.TokenRefused.class))
                .contains(new RecoveryEvent.TokenRefused(B, token, Long.MAX_VALUE));
        assertThat(f.told(RecoveryEvent.RecoveryFailed.class).get(0).cause())
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("its promise is corrupt");
        assertThat(f.set.view().members()).containsExactly(A);
        assertThat(leader.committedLsn()).hasValue(0);
    }

    @Test
    @DisplayName("R42: a promise that is higher, and can be believed, ends the term")
    void aHigherPromiseIsADeposition() {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.link.lostAnswers = Response.Fenced.class::isInstance;
        VolumeLeader leader = f.lead(true, B);
        Token token = f.link.sent(Request.Fence.class, B).get(0).token();
        f.link.inject(new Response.Refused(B, token, EpochLimit.HIGHEST, Optional.empty()));
        f.runtime.runAll();
        assertThat(leader.ended().toCompletableFuture()).isCompleted();
    }
}
