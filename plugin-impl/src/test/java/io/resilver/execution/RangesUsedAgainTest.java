package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.B;
import static io.resilver.execution.LeaderFixture.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.driver.RecoveryReport;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Buffers of ranges are used again, and only those that nobody reads any more. */
class RangesUsedAgainTest {
    private final LeaderFixture f = new LeaderFixture();

    @BeforeEach
    void onlyAFullBase() {
        f.source.append(FIRST, 40);
        f.source.trim(60);
    }

    private static Set<Integer> buffers(List<Request.BaseRange> ranges) {
        Set<Integer> buffers = new HashSet<>();
        ranges.forEach(range -> buffers.add(System.identityHashCode(range.data())));
        return buffers;
    }

    @Test
    @DisplayName("R51: a rebuild sends its ranges from few buffers")
    void aRebuildUsesFew() {
        f.source.ranges = 40;
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        f.now(done);
        List<Request.BaseRange> sent = f.link.sent(Request.BaseRange.class, B);
        assertThat(sent).hasSize(40);
        assertThat(buffers(sent)).hasSizeLessThan(20);
        assertThat(f.stores.get(B).image()).hasSize(40);
    }

    @Test
    @DisplayName("R51: no range is overwritten that the target has not covered, nor by the session that follows")
    void notBeforeItIsCovered() {
        f.link.lostAnswers = Response.BaseDurable.class::isInstance;
        f.link.lostRequests = request -> request instanceof Request.BaseCommit
                || (request instanceof Request.BaseRange range && range.index() >= 2);
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        List<Request.BaseRange> first = f.link.sent(Request.BaseRange.class, B);
        assertThat(first).hasSize(MemorySource.RANGES);
        assertThat(first.stream().map(Request.BaseRange::data).distinct()).hasSize(MemorySource.RANGES);
        f.link.lostAnswers = response -> false;
        f.link.lostRequests = request -> false;
        f.link.cut(B);
        f.pass(Duration.ofSeconds(1));
        f.now(done);
        List<Request.BaseRange> all = f.link.sent(Request.BaseRange.class, B);
        List<Request.BaseRange> second = all.subList(first.size(), all.size());
        assertThat(second).isNotEmpty();
        assertThat(buffers(second)).doesNotContainAnyElementsOf(buffers(first));
    }
}
