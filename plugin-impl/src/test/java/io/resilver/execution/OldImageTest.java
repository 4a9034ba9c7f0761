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
import io.resilver.spi.plan.RecoveryPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Rebuilds of a target whose present image has some of the base's ranges already, by a real sender and a real target. */
class OldImageTest {
    private final LeaderFixture f = new LeaderFixture();
    private VolumeLeader leader;
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
        leader = f.lead(false, B);
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
        assertThat(target.calls).containsSubsequence("write 0", "write 1", "flushBase", "read 0", "read 4", "commit");
        isRight();
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
