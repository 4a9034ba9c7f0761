package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.A;
import static io.resilver.execution.LeaderFixture.B;
import static io.resilver.execution.LeaderFixture.C;
import static io.resilver.execution.LeaderFixture.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.link.Request;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.PinRequest;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RebuildReason;
import io.resilver.spi.plan.RebuildSource;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whole recoveries of one replica by a real sender and a real target. */
class RecoveryTest {
    private final LeaderFixture f = new LeaderFixture();

    @AfterEach
    void nothingWasThrown() {
        assertThat(f.uncaught).isEmpty();
    }

    @Test
    @DisplayName("R10: a catch-up ends at the frozen target, durable, and only the gap was sent")
    void catchUp() throws RecoveryException {
        f.source.append(FIRST, 100);
        f.holds(B, 150);
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        RecoveryReport report = f.now(done);
        assertThat(report.outcome()).isEqualTo(Outcome.CATCH_UP);
        assertThat(report.reason()).isEqualTo(Reason.GAP_WITHIN_RETENTION);
        assertThat(report.startLsn()).isEqualTo(150);
        assertThat(report.achievedLsn()).isEqualTo(300);
        assertThat(report.entries()).isEqualTo(50);
        assertThat(f.stores.get(B).durableLog()).isEqualTo(f.source.ids());
        assertThat(f.status(B).state()).isEqualTo("KEEPING_UP");
    }

    @Test
    @DisplayName("R15: a diverged suffix is cut off at the divergence point before anything is replayed")
    void diverged() throws RecoveryException {
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        MemorySource other = new MemorySource();
        other.append(FIRST, 20);
        f.stores.get(B).append(other.batch(30, 60));
        f.stores.get(B).flush();
        f.source.append(LeaderFixture.TERM, 30);
        f.stores.get(B).calls.clear();
        RecoveryReport report = f.now(f.lead(false, B).senders().recover(B));
        assertThat(report.reason()).isEqualTo(Reason.DIVERGED);
        assertThat(f.stores.get(B).calls)
                .filteredOn(call -> call.startsWith("truncateTo") || call.startsWith("append"))
                .startsWith("truncateTo 30");
        assertThat(f.stores.get(B).durableLog()).isEqualTo(f.source.ids());
        assertThat(f.told(RecoveryEvent.DivergenceFound.class))
                .singleElement()
                .satisfies(found -> assertThat(found.agreedLsn()).isEqualTo(30));
    }

    @Test
    @DisplayName("R18: a rebuild replays the log only after the whole base was verified and installed")
    void rebuildFromSnapshot() {
        f.source.append(FIRST, 40);
        f.source.checkpoint(60);
        f.source.trim(60);
        RecoveryReport report = f.now(f.lead(false, B).senders().recover(B));
        assertThat(report.reason()).isEqualTo(Reason.GAP_BEYOND_RETENTION);
        assertThat(report.rebuildSource()).contains(RebuildSource.SNAPSHOT_AND_TAIL);
        assertThat(report.achievedLsn()).isEqualTo(120);
        List<String> calls = f.stores.get(B).calls;
        int installed = calls.indexOf("commit");
        assertThat(calls.subList(0, installed))
                .filteredOn(call -> call.startsWith("append"))
                .isEmpty();
        assertThat(calls.subList(0, installed)).contains("write 4", "flushBase", "read 4");
        assertThat(calls.subList(installed, calls.size())).anyMatch(call -> call.startsWith("append"));
        assertThat(f.source.calls).containsSubsequence("pinSnapshot 60", "pinLog 60", "history");
        assertThat(f.stores.get(B).durableLog().get(0).lsn()).isEqualTo(63);
    }

    @Test
    @DisplayName("R8: a full base pins the log first, and its LSN becomes the target once it is frozen")
    void rebuildFromFullBase() {
        f.source.append(FIRST, 40);
        f.source.trim(60);
        boolean[] grown = new boolean[1];
        f.source.hook = call -> {
            if (call.startsWith("pinFullBase") && !grown[0]) {
                grown[0] = true;
                f.source.append(FIRST, 5);
            }
        };
        RecoveryReport report = f.now(f.lead(false, B).senders().recover(B));
        assertThat(report.rebuildSource()).contains(RebuildSource.FULL_BASE);
        assertThat(f.source.calls).containsSubsequence("pinLog 120", "pinFullBase 120");
        assertThat(report.targetLsn()).isEqualTo(135);
        assertThat(report.achievedLsn()).isEqualTo(135);
        assertThat(f.link.sent(Request.Append.class, B))
                .as("base = target: no tail")
                .isEmpty();
    }

    @Test
    @DisplayName("R8, R18: a source whose image is behind its boundary gives what it has, and the log follows")
    void rebuildFromAnImageThatIsBehind() {
        f.source.append(FIRST, 40);
        f.source.trim(60);
        f.source.imageLsn = OptionalLong.of(90);
        RecoveryReport report = f.now(f.lead(false, B).senders().recover(B));
        assertThat(report.rebuildSource()).contains(RebuildSource.FULL_BASE);
        assertThat(f.source.calls).containsSubsequence("pinLog 90", "pinFullBase 90", "history");
        assertThat(report.startLsn()).isEqualTo(90);
        assertThat(report.targetLsn()).isEqualTo(120);
        assertThat(report.achievedLsn()).isEqualTo(120);
        assertThat(f.stores.get(B).durableLog().get(0).lsn()).isEqualTo(93);
        assertThat(f.status(B).state()).isEqualTo("KEEPING_UP");
    }

    @Test
    @DisplayName("R30: a member of the set is never given a base below what it holds; who is none is")
    void aMemberIsNotTakenBack() throws RecoveryException {
        f.source.append(FIRST, 40);
        f.source.imageLsn = OptionalLong.of(90);
        f.holds(B, 120);
        f.holds(C, 120);
        f.set = new GivenSet(Set.of(A, B), 1);
        SenderAccess senders = f.lead(false, B, C).senders();
        for (ReplicaId each : List.of(B, C)) {
            f.now(senders.fence(each));
        }
        assertThat(f.now(senders.planRebuild(B)).decision().pins())
                .extracting(PinRequest::lsn)
                .containsOnly(120L);
        assertThat(f.now(senders.planRebuild(C)).decision().pins())
                .extracting(PinRequest::lsn)
                .containsOnly(90L);
    }

    @Test
    @DisplayName(
            "R17, R53: a rebuild that was cut off goes on: ranges that the target holds durably are not sent again")
    void aRebuildResumes() {
        f.source.append(FIRST, 40);
        f.source.trim(60);
        f.link.lostRequests = request -> request instanceof Request.BaseCommit
                || (request instanceof Request.BaseRange range && range.index() >= 3);
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        int before = f.link.sent(Request.BaseRange.class, B).size();
        f.link.lostRequests = request -> false;
        f.link.cut(B);
        f.pass(Duration.ofSeconds(1));
        List<Request.BaseRange> all = f.link.sent(Request.BaseRange.class, B);
        assertThat(all.subList(before, all.size()))
                .extracting(Request.BaseRange::index)
                .containsExactly(3L, 4L);
        assertThat(f.now(done).bytesSent()).isEqualTo(2 * MemorySource.RANGE_BYTES - 1);
        assertThat(f.stores.get(B).image()).hasSize(MemorySource.RANGES);
    }

    @Test
    @DisplayName("R11: a log that ends before the target is no success, and is tried again")
    void aShortStreamIsNoSuccess() throws RecoveryException {
        f.source.append(FIRST, 100);
        f.source.readableTo = 150;
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        assertThat(done.toCompletableFuture()).isNotDone();
        assertThat(f.told(RecoveryEvent.RecoveryFailed.class).get(0).cause())
                .hasMessageContaining("before the target 300");
        assertThat(f.source.pins).isEmpty();
        f.source.readableTo = Long.MAX_VALUE;
        f.pass(Duration.ofSeconds(1));
        assertThat(f.now(done).startLsn())
                .as("what was durable is not sent again")
                .isEqualTo(150);
    }

    @Test
    @DisplayName("R9: a plan whose log was trimmed before it was pinned is let go and made again")
    void trimmedBetweenPlanAndPin() {
        f.source.append(FIRST, 40);
        boolean[] trimmed = new boolean[1];
        f.source.hook = call -> {
            if (call.startsWith("pinLog") && !trimmed[0]) {
                trimmed[0] = true;
                f.source.trim(90);
            }
        };
        RecoveryReport report = f.now(f.lead(false, B).senders().recover(B));
        assertThat(report).as("it waits for its back-off or goes on at once").isNull();
        f.pass(Duration.ofSeconds(1));
        assertThat(f.status(B).state()).isEqualTo("IN_SYNC");
        assertThat(f.told(RecoveryEvent.RecoveryCompleted.class))
                .singleElement()
                .satisfies(each -> assertThat(each.report().reason()).isEqualTo(Reason.GAP_BEYOND_RETENTION));
        assertThat(f.source.pins).as("keep-up's log alone").hasSize(1);
    }

    @Test
    @DisplayName("R9: a plan whose history changed before it was pinned is let go, with its pins, and made again")
    void lineageChangedBetweenPlanAndPin() {
        f.source.append(FIRST, 40);
        f.source.checkpoint(60);
        f.source.trim(60);
        boolean[] changed = new boolean[1];
        f.source.hook = call -> {
            if (call.startsWith("pinSnapshot") && !changed[0]) {
                changed[0] = true;
                f.source.trim(90); // the log pin is taken after this: it fails, and the snapshot must be let go
            }
        };
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.pass(Duration.ofSeconds(1));
        assertThat(f.source.calls).contains("close BASE@60");
        assertThat(f.now(done).rebuildSource()).contains(RebuildSource.FULL_BASE);
    }

    @Test
    @DisplayName("R19: writes during a recovery follow by the same feeder: no gap, no overlap, one cursor")
    void keepUpGoesOnWithTheSameFeeder() throws RecoveryException {
        f.source.append(FIRST, 50);
        f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        assertThat(f.source.openCursors).isEqualTo(1);
        f.write(20);
        f.write(1);
        assertThat(f.stores.get(B).durableLog()).isEqualTo(f.source.ids());
        long lastSent = 0;
        for (Request.Append each : f.link.sent(Request.Append.class, B)) {
            assertThat(each.batch().previous().lsn()).isEqualTo(lastSent);
            lastSent = each.batch().last().lsn();
        }
        assertThat(f.source.openCursors).isEqualTo(1);
        assertThat(f.source.calls.stream().filter(call -> call.startsWith("pinLog")))
                .hasSize(1);
    }

    @Test
    @DisplayName(
            "R19: before a replica without a gap is called caught up, keep-up's log is pinned and its tail read again")
    void zeroGapIsAnnouncedAfterItsLogIsHeld() throws RecoveryException {
        f.source.append(FIRST, 50);
        f.holds(B, 150);
        boolean[] trimmed = new boolean[1];
        f.source.hook = call -> {
            if (call.equals("pinLog 150") && !trimmed[0]) {
                trimmed[0] = true;
                f.source.append(LeaderFixture.TERM, 2);
                f.source.trim(153);
            }
        };
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        assertThat(done.toCompletableFuture()).as("the log after 150 is gone").isNotDone();
        f.pass(Duration.ofSeconds(5));
        assertThat(f.now(done).outcome()).isEqualTo(Outcome.NEEDS_REBUILD);
    }

    @Test
    @DisplayName("R7: what the policy prefers is executed, and said")
    void policyPrefersARebuild() {
        f.source.append(FIRST, 50);
        f.policy.prefersRebuild = true;
        assertThat(f.now(f.lead(false, B).senders().recover(B)).outcome()).isEqualTo(Outcome.NEEDS_REBUILD);
        assertThat(f.told(RecoveryEvent.RecoveryEscalated.class))
                .singleElement()
                .satisfies(each -> assertThat(each.cause()).isEqualTo("POLICY"));
    }

    @Test
    @DisplayName("R30: a rebuild that is preferred never takes a member back below what it shares with its source")
    void noRebuildBelowWhatIsHeld() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.source.append(FIRST, 50);
        f.source.checkpoint(60);
        f.holds(B, 120);
        f.policy.prefersRebuild = true;
        RecoveryReport report = f.now(f.lead(false, B).senders().recover(B));
        assertThat(report.rebuildSource())
                .as("a member may hold what was acknowledged after the checkpoint")
                .contains(RebuildSource.FULL_BASE);
        assertThat(report.startLsn()).isGreaterThanOrEqualTo(120);
        assertThat(f.told(RecoveryEvent.RecoveryPlanned.class))
                .singleElement()
                .satisfies(each -> assertThat(((Decision.Rebuild) each.plan().decision()).sourceReason())
                        .as("the checkpoint is whole, and is not called untrusted")
                        .contains(RebuildReason.CHECKPOINT_BELOW_REPLICA));
    }

    @Test
    @DisplayName("R30: a store that is not usable holds nothing that a checkpoint could take back")
    void anUnusableStoreTakesTheCheckpoint() throws RecoveryException {
        f.source.append(FIRST, 50);
        f.source.checkpoint(60);
        f.holds(B, 120);
        f.stores.get(B).markUnusable("a test");
        RecoveryReport report = f.now(f.lead(false, B).senders().recover(B));
        assertThat(report.reason()).isEqualTo(Reason.TARGET_NOT_USABLE);
        assertThat(report.rebuildSource()).contains(RebuildSource.SNAPSHOT_AND_TAIL);
    }
}
