package io.resilver.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.engine.Progress.Step;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Decision.CatchUp;
import io.resilver.spi.plan.Decision.Rebuild;
import io.resilver.spi.plan.Decision.ZeroGap;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RebuildReason;
import io.resilver.spi.plan.RebuildSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ProgressTest {
    /** R10: strictly rising, never beyond the target, done at the target alone. */
    @Test
    void progressRisesStrictlyUpToTheTarget() {
        Progress progress = Progress.of(catchUp(OptionalLong.empty(), OptionalLong.of(70), 100));
        assertThat(progress.durable()).hasValue(70);
        assertThat(progress.report(70)).isEqualTo(Step.REPEATED);
        assertThat(progress.report(80)).isEqualTo(Step.ADVANCED);
        assertThat(progress.report(75)).isEqualTo(Step.REPEATED);
        assertThat(progress.report(101)).isEqualTo(Step.BEYOND_TARGET);
        assertThat(progress.durable()).hasValue(80);
        assertThat(progress.complete()).isFalse();
        assertThat(progress.report(100)).isEqualTo(Step.ADVANCED);
        assertThat(progress.complete()).isTrue();
    }

    /** R15: nothing is known before the truncation was reported. */
    @Test
    void truncationCountsOnlyOnceItIsReported() {
        Progress progress = Progress.of(catchUp(OptionalLong.of(80), OptionalLong.empty(), 80));
        assertThat(progress.durable()).isEmpty();
        assertThat(progress.complete()).isFalse();
        progress.report(80);
        assertThat(progress.complete()).isTrue();
    }

    /** R8: the one thing that an executor adds is the LSN of a frozen full base. */
    @Test
    void aFullBaseMovesTheTargetOnceAndOnlyUp() {
        Progress progress = Progress.of(new Rebuild(
                Reason.REBUILD_REQUESTED,
                true,
                RebuildSource.FULL_BASE,
                Optional.of(RebuildReason.NO_CHECKPOINT),
                100,
                100));
        assertThat(progress.report(100)).isEqualTo(Step.ADVANCED);
        assertThat(progress.complete()).as("before the base is frozen").isFalse();
        assertThatThrownBy(() -> progress.frozenAt(99)).isInstanceOf(IllegalArgumentException.class);
        progress.frozenAt(105);
        assertThatThrownBy(() -> progress.frozenAt(106)).isInstanceOf(IllegalStateException.class);
        assertThat(progress.target()).isEqualTo(105);
        progress.report(105);
        assertThat(progress.complete()).isTrue();
    }

    /** R8, R18: the log follows a full base that is below the target, which stays. */
    @Test
    void aFullBaseBelowTheTargetIsFollowedByTheLog() {
        Progress progress = Progress.of(new Rebuild(
                Reason.REBUILD_REQUESTED,
                true,
                RebuildSource.FULL_BASE,
                Optional.of(RebuildReason.NO_CHECKPOINT),
                60,
                100));
        assertThatThrownBy(() -> progress.frozenAt(59)).isInstanceOf(IllegalArgumentException.class);
        progress.frozenAt(70);
        assertThat(progress.target()).isEqualTo(100);
        progress.report(70);
        assertThat(progress.complete()).isFalse();
        progress.report(100);
        assertThat(progress.complete()).isTrue();
    }

    /** R10: no other plan's target moves. */
    @Test
    void noOtherTargetMoves() {
        Progress zeroGap = Progress.of(new ZeroGap(Reason.AT_COMMITTED, true, 100));
        assertThat(zeroGap.complete()).isTrue();
        assertThatThrownBy(() -> zeroGap.frozenAt(105)).isInstanceOf(IllegalStateException.class);
        Progress snapshot = Progress.of(new Rebuild(
                Reason.REBUILD_REQUESTED, true, RebuildSource.SNAPSHOT_AND_TAIL, Optional.empty(), 50, 100));
        assertThat(snapshot.durable()).isEmpty();
        assertThatThrownBy(() -> snapshot.frozenAt(105)).isInstanceOf(IllegalStateException.class);
    }

    /** R10: whatever is reported, in whatever order. */
    @Property(tries = 300)
    void anyReportsLeaveProgressBelowTheTargetAndRising(@ForAll Random random) {
        Progress progress = Progress.of(catchUp(OptionalLong.empty(), OptionalLong.of(10), 30));
        long before = 10;
        for (int i = 0; i < 50; i++) {
            Step step = progress.report(random.nextInt(40));
            long now = progress.durable().orElseThrow();
            assertThat(now).isBetween(before, 30L);
            assertThat(step == Step.ADVANCED).isEqualTo(now > before);
            before = now;
        }
    }

    private static Decision catchUp(OptionalLong undoTo, OptionalLong from, long target) {
        return new CatchUp(Reason.GAP_WITHIN_RETENTION, true, undoTo, from, target);
    }
}
