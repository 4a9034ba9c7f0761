package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.B;
import static io.resilver.execution.LeaderFixture.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.MemoryVolume;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.plan.RecoveryPlan;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Rebuilds of a target whose present image has some of the base's ranges already, by a real sender and a real target. */
class OldImageTest {
    private final LeaderFixture f = new LeaderFixture();
    private @Nullable VolumeLeader leader;
    private MemoryVolume target;

    @BeforeEach
    void aBaseIsNeeded() {
        f.source.append(FIRST, 40);
        f.source.trim(60);
    }

    @AfterEach
    void nothingWasThrown() {
        assertThat(f.uncaught).isEmpty();
    }

    private CompletionStage<RecoveryReport> recover(Integer... wrong) {
        if (leader == null) {
            leader = f.lead(false, B);
        }
        SenderAccess senders = leader.senders();
        target = f.stores.get(B);
        target.candidates = image();
        for (int index : wrong) {
            target.candidates.get(index)[7] ^= 1;
        }
        CompletionStage<RecoveryReport> done = senders.recover(B);
        f.runtime.runAll();
        return done;
    }

    private List<byte[]> image() {
        List<byte[]> image = new ArrayList<>();
        for (int i = 0; i < f.source.ranges; i++) {
            image.add(f.source.range(f.source.head(), i));
        }
        return image;
    }

    private List<Long> sent() {
        return f.link.sent(Request.BaseRange.class, B).stream()
                .map(Request.BaseRange::index)
                .toList();
    }

    private List<Integer> offers() {
        return f.link.sent(Request.BaseOffer.class, B).stream()
                .map(Request.BaseOffer::ranges)
                .toList();
    }

    private void isRight() {
        List<byte[]> image = image();
        assertThat(target.image()).hasSameSizeAs(image);
        for (int i = 0; i < image.size(); i++) {
            assertThat(target.image().get(i)).as("range %d", i).isEqualTo(image.get(i));
        }
    }

    @Test
    @DisplayName(
            "R17, R53: only ranges that the old image does not have by a strong digest are sent; the whole is verified")
    void onlyWhatDiffersIsSent() {
        CompletionStage<RecoveryReport> done = recover(1, 3);
        assertThat(f.now(done).bytesSent()).isEqualTo(2 * MemorySource.RANGE_BYTES);
        assertThat(sent()).containsExactly(1L, 3L);
        assertThat(offers()).containsExactly(5);
        assertThat(target.calls)
                .containsSubsequence("keep 0", "write 0", "write 1", "flushBase", "read 0", "read 4", "commit")
                .doesNotContain("keep 1", "keep 3");
        isRight();
    }

    private CompletionStage<RecoveryReport> recoverKeeping(Integer... wrong) {
        if (leader == null) {
            leader = f.lead(false, B);
        }
        f.stores.get(B).keeps = true;
        return recover(wrong);
    }

    @Test
    @DisplayName("R17, R18: what the engine keeps of its image is neither written nor read back; what came is both")
    void whatIsKeptIsNotWritten() {
        CompletionStage<RecoveryReport> done = recoverKeeping(1, 3);
        assertThat(f.now(done).bytesSent()).isEqualTo(2 * MemorySource.RANGE_BYTES);
        assertThat(target.calls)
                .containsSubsequence("candidate 0", "keep 0", "candidate 1", "candidate 2", "keep 2")
                .containsSubsequence("keep 4", "flushBase", "read 1", "read 3", "commit")
                .doesNotContain("write 0", "write 2", "write 4", "read 0", "read 2", "read 4", "keep 1", "keep 3");
        isRight();
    }

    @Test
    @DisplayName(
            "R17: after a cut what was kept is held: it is read through the engine, neither offered nor sent again")
    void aCutAfterWhatWasKept() {
        f.link.lostRequests = Request.BaseRange.class::isInstance;
        CompletionStage<RecoveryReport> done = recoverKeeping(1, 3);
        assertThat(target.calls).contains("keep 0", "keep 4", "flushBase").doesNotContain("read 0", "write 0");
        f.link.lostRequests = request -> false;
        f.link.cut(B);
        f.pass(Duration.ofSeconds(1));
        assertThat(f.now(done).bytesSent()).isEqualTo(2 * MemorySource.RANGE_BYTES);
        assertThat(offers()).containsExactly(5, 1, 1);
        assertThat(target.calls).containsOnlyOnce("keep 0", "read 0", "read 2", "read 4", "read 1", "read 3");
        isRight();
    }

    @Test
    @DisplayName(
            "R17, R18: what was kept before a cut and is forgotten after it ends the session, and the next one makes it whole")
    void forgottenAfterACut() {
        f.link.lostRequests = Request.BaseRange.class::isInstance;
        CompletionStage<RecoveryReport> done = recoverKeeping(1, 3);
        f.link.lostRequests = request -> false;
        boolean[] forgotten = {false};
        target.hook = call -> {
            if (call.equals("flushBase") && target.calls.contains("read 2") && !forgotten[0]) {
                forgotten[0] = true;
                target.forget(2);
            }
        };
        f.link.cut(B);
        for (int i = 0; i < 10; i++) {
            f.pass(Duration.ofSeconds(5));
        }
        assertThat(forgotten[0]).isTrue();
        assertThat(f.now(done)).isNotNull();
        isRight();
    }

    @Test
    @DisplayName("R17: each session has a key of its own for what it offers")
    void aKeyForEachSession() {
        aCutInBetween();
        assertThat(f.link.sent(Request.BaseBegin.class, B))
                .extracting(Request.BaseBegin::key)
                .hasSize(2)
                .doesNotHaveDuplicates();
    }

    @Test
    @DisplayName(
            "R18: an image that changes under what was kept of it ends the session, and the next one makes it whole")
    void theImageChangesUnderIt() {
        leader = f.lead(false, B);
        MemoryVolume changing = f.stores.get(B);
        boolean[] changed = {false};
        changing.hook = call -> {
            if (call.equals("flushBase") && !changed[0]) {
                changed[0] = true;
                changing.forget(2);
            }
        };
        CompletionStage<RecoveryReport> done = recoverKeeping(1);
        assertThat(done).isNotDone();
        assertThat(target.calls).doesNotContain("commit");
        f.pass(Duration.ofSeconds(5));
        assertThat(f.now(done)).isNotNull();
        assertThat(target.calls).containsSubsequence("keep 2", "closeInstall", "keep 2", "flushBase", "commit");
        assertThat(offers()).containsExactly(5, 1);
        isRight();
    }

    @Test
    @DisplayName("R17, R53: an offer ends at a range that the target holds, which has its own turn in the digest")
    void anOfferEndsAtAHeldRange() throws Exception {
        f.source.ranges = 40;
        leader = f.lead(false, B);
        MemoryVolume store = f.stores.get(B);
        BaseDescriptor base = f.source.pinFullBase(0).base();
        f.source.pins.clear();
        try (StagedInstall staged = store.beginInstall(base)) {
            for (int held : new int[] {0, 5, 6, 30}) {
                staged.write(held, ByteBuffer.wrap(image().get(held)));
            }
            staged.flush();
        }
        f.source.calls.clear();
        CompletionStage<RecoveryReport> done = recover(7, 22);
        assertThat(f.now(done).bytesSent()).isEqualTo(2 * MemorySource.RANGE_BYTES);
        assertThat(offers()).containsExactly(4, 16, 7, 9);
        assertThat(sent()).containsExactly(7L, 22L);
        assertThat(target.calls).doesNotContain("candidate 0", "candidate 5", "candidate 6", "candidate 30");
        isRight();
    }

    /** Runs until a whole offer is to be read, and reads so many ranges of it; then something happens. */
    private CompletionStage<RecoveryReport> duringAnOffer(int after, Runnable then) {
        f.source.ranges = 40;
        int[] reads = {0};
        f.source.hook = call -> {
            if (call.startsWith("read base") && ++reads[0] == after) {
                then.run();
            }
        };
        return recover();
    }

    private long reads() {
        return f.source.calls.stream()
                .filter(call -> call.startsWith("read base"))
                .count();
    }

    @Test
    @DisplayName("R21, R53: all ranges of an offer are read in one turn, which is no longer than an offer")
    void anOfferIsOneTurn() {
        List<Integer> offersAt = new ArrayList<>();
        duringAnOffer(16, () -> offersAt.add(offers().size()));
        assertThat(offersAt).containsExactly(0);
        assertThat(offers()).containsExactly(16, 16, 8);
        assertThat(reads()).isEqualTo(40);
        isRight();
    }

    @Test
    @DisplayName(
            "R12, R53: ended while an offer is read, the read stops at its range, and nothing is sent or stays taken")
    void endedDuringAnOffer() {
        CompletionStage<RecoveryReport> done = duringAnOffer(3, () -> {
            RecoveryPlan plan =
                    f.told(RecoveryEvent.RecoveryPlanned.class).get(0).plan();
            leader.senders().cancel(plan, true, "a test");
            f.runtime.runWorkers();
        });
        assertThat(done).isCompletedExceptionally();
        assertThat(reads()).isEqualTo(3);
        assertThat(offers()).isEmpty();
        assertThat(f.source.pins).isEmpty();
        assertThat(f.scheduler.bytesUnderWay()).isZero();
        assertThat(target.calls).doesNotContain("commit");
    }

    @Test
    @DisplayName(
            "R13, R53: a source that cannot read a range of an offer ends the recovery, and nothing of it is offered")
    void anOfferThatCannotBeRead() {
        f.source.readsAtMost = MemorySource.RANGE_BYTES - 2;
        CompletionStage<RecoveryReport> done = recover();
        assertThat(done).isCompletedExceptionally();
        assertThat(offers()).isEmpty();
        assertThat(f.source.pins).isEmpty();
        assertThat(f.scheduler.bytesUnderWay()).isZero();
    }

    @Test
    @DisplayName("R53: a target without an image is offered nothing")
    void noImageNoOffer() {
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        assertThat(f.now(done).bytesSent()).isEqualTo(5 * MemorySource.RANGE_BYTES - 1);
        assertThat(offers()).isEmpty();
    }

    @Test
    @DisplayName("R53: a range that cannot be read from the old image, or is shorter there, is sent")
    void whatCannotBeReadIsSent() {
        SenderAccess senders = f.lead(false, B).senders();
        target = f.stores.get(B);
        target.candidates = image();
        target.candidates.set(4, new byte[3]);
        target.hook = call -> {
            if (call.equals("candidate 2")) {
                throw new CorruptException("it rotted", "the old image", 0);
            }
        };
        CompletionStage<RecoveryReport> done = senders.recover(B);
        f.runtime.runAll();
        assertThat(f.now(done)).isNotNull();
        assertThat(sent()).containsExactly(2L, 4L);
        isRight();
    }

    @Test
    @DisplayName("R17: after a cut what the old image gave is held, and is neither offered nor sent again")
    void aCutInBetween() {
        f.link.lostRequests = Request.BaseRange.class::isInstance;
        CompletionStage<RecoveryReport> done = recover(1, 3);
        assertThat(target.calls).contains("write 0", "write 4", "flushBase").doesNotContain("write 1");
        f.link.lostRequests = request -> false;
        int before = sent().size();
        f.link.cut(B);
        f.pass(Duration.ofSeconds(1));
        assertThat(f.now(done).bytesSent()).isEqualTo(2 * MemorySource.RANGE_BYTES);
        assertThat(sent().subList(before, sent().size())).containsExactly(1L, 3L);
        assertThat(offers()).containsExactly(5, 1, 1);
        isRight();
    }

    @Test
    @DisplayName("R12, R53: cancelled while an offer is open, nothing stays taken, and nothing is installed")
    void cancelledInBetween() {
        f.link.lostRequests = Request.BaseOffer.class::isInstance;
        CompletionStage<RecoveryReport> done = recover(1);
        assertThat(offers()).containsExactly(5);
        RecoveryPlan plan = f.told(RecoveryEvent.RecoveryPlanned.class).get(0).plan();
        leader.senders().cancel(plan, true, "a test");
        f.runtime.runAll();
        assertThat(done).isCompletedExceptionally();
        assertThat(f.source.pins).isEmpty();
        assertThat(f.scheduler.bytesUnderWay()).isZero();
        assertThat(target.calls).doesNotContain("commit");
    }

    @Test
    @DisplayName("R53: an image that has nothing of the base is found out, and the rest is sent without asking")
    void anotherImage() {
        f.source.ranges = 600;
        Integer[] all = new Integer[600];
        for (int i = 0; i < 600; i++) {
            all[i] = i;
        }
        CompletionStage<RecoveryReport> done = recover(all);
        assertThat(f.now(done).bytesSent()).isEqualTo(600L * MemorySource.RANGE_BYTES - 1);
        assertThat(offers().stream().mapToInt(each -> each).sum())
                .isBetween(BaseOffers.MISSES, BaseOffers.MISSES + 5 * Request.BaseOffer.MOST_RANGES);
        assertThat(sent()).hasSize(600).isSorted();
        isRight();
    }

    @Test
    @DisplayName(
            "R11, R53: an answer that comes between two steps and wants nothing is the end, and nothing is read behind it")
    void theLastAnswerComesBetweenSteps() {
        f.source.ranges = 20; // an offer of sixteen, and one of four
        f.policy.rate = OptionalLong.of(MemorySource.RANGE_BYTES);
        List<Response> late = new ArrayList<>();
        f.link.lostAnswers = answer -> answer instanceof Response.BaseWanted && late.add(answer);
        CompletionStage<RecoveryReport> done = recover(3, 15);
        assertThat(late).hasSize(2);
        f.link.inject(late.get(0));
        f.pass(Duration.ofMillis(1_500)); // 15 was sent after a second, and waits for its own
        assertThat(sent()).containsExactly(3L, 15L);
        f.link.inject(late.get(1));
        f.pass(Duration.ofSeconds(5));
        assertThat(f.now(done).bytesSent()).isEqualTo(2 * MemorySource.RANGE_BYTES);
        assertThat(f.scheduler.bytesUnderWay()).isZero();
        isRight();
    }

    @Test
    @DisplayName("R54: a target that says twice what it holds ends its recovery, and nothing stays taken")
    void saysTwiceWhatItHolds() {
        f.policy.rate = OptionalLong.of(MemorySource.RANGE_BYTES);
        List<Response> ready = new ArrayList<>();
        f.link.lostAnswers = answer -> {
            if (answer instanceof Response.BaseReady) {
                ready.add(answer);
            }
            return false;
        };
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        assertThat(sent()).isNotEmpty();
        f.link.inject(ready.get(0));
        f.runtime.runAll();
        assertThat(done).isCompletedExceptionally();
        assertThat(f.source.pins).isEmpty();
        assertThat(f.scheduler.bytesUnderWay()).isZero();
    }
}
