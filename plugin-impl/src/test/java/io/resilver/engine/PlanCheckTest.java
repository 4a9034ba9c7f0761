package io.resilver.engine;

import static io.resilver.engine.Facts.level;
import static io.resilver.engine.Facts.lineage;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** R9: pin, then read the history again. */
class PlanCheckTest {
    private static final Facts DIVERGED =
            level().sourceLineage(lineage(1, 1, 2, 81)).replicaLineage(lineage(1, 1));

    static Stream<Arguments> checks() {
        Facts gap = level().flushed(70);
        Facts cutOnly = DIVERGED.committed(60);
        Facts snapshot = level().flushed(10);
        Facts base = snapshot.checkpoint(0, false);
        Facts baseAboveCommitted = base.committed(20);
        Facts ahead = level().committed(60);
        return Stream.of(
                // catch-up: from 70 to 100
                check(PlanCheck.HOLDS, gap, gap),
                check(PlanCheck.HOLDS, gap, gap.head(200).committed(150)),
                check(PlanCheck.HOLDS, gap, gap.tail(70)),
                check(PlanCheck.LOG_TRIMMED, gap, gap.tail(71)),
                check(PlanCheck.COMMITTED_FELL, gap, gap.committed(99)),
                check(PlanCheck.COMMITTED_FELL, gap, gap.committedUnknown()),
                check(PlanCheck.HOLDS, gap, gap.sourceLineage(lineage(1, 1, 2, 71))),
                check(PlanCheck.LINEAGE_CHANGED, gap, gap.sourceLineage(lineage(1, 1, 2, 70))),
                check(PlanCheck.LINEAGE_CHANGED, gap, gap.sourceLineage(lineage(2, 1))),
                check(PlanCheck.LINEAGE_CHANGED, gap, gap.lineageUnknown()),
                check(PlanCheck.LINEAGE_CHANGED, gap.lineageUnknown(), gap),
                check(PlanCheck.HOLDS, gap.lineageUnknown(), gap.lineageUnknown()),
                // truncation to 80, then replay
                check(PlanCheck.HOLDS, DIVERGED, DIVERGED.head(200).tail(80)),
                check(PlanCheck.LOG_TRIMMED, DIVERGED, DIVERGED.tail(81)),
                check(PlanCheck.LINEAGE_CHANGED, DIVERGED, DIVERGED.sourceLineage(lineage(1, 1, 2, 80))),
                // truncation to 80 alone, above the boundary 60
                check(PlanCheck.HOLDS, cutOnly, cutOnly.committed(60)),
                check(PlanCheck.COMMITTED_FELL, cutOnly, cutOnly.committed(59)),
                check(PlanCheck.COMMITTED_FELL, cutOnly, cutOnly.head(79).sourceLineage(lineage(1, 1))),
                // snapshot at 50, replay to 100
                check(PlanCheck.HOLDS, snapshot, snapshot.tail(50)),
                check(PlanCheck.HOLDS, snapshot, snapshot.checkpoint(90, false)),
                check(PlanCheck.CHECKPOINT_UNTRUSTED, snapshot, snapshot.checkpoint(50, false)),
                check(PlanCheck.LOG_TRIMMED, snapshot, snapshot.tail(51)),
                check(PlanCheck.LINEAGE_CHANGED, snapshot, snapshot.sourceLineage(lineage(1, 1, 2, 50))),
                check(PlanCheck.COMMITTED_FELL, snapshot, snapshot.committed(99)),
                // full base of at least 100; of at least 30 with a boundary of 20 below the tail
                check(PlanCheck.HOLDS, base, base.tail(100)),
                check(PlanCheck.COMMITTED_FELL, base, base.committed(99)),
                check(PlanCheck.HOLDS, baseAboveCommitted, baseAboveCommitted),
                check(PlanCheck.LOG_TRIMMED, baseAboveCommitted, baseAboveCommitted.tail(31)),
                check(PlanCheck.COMMITTED_FELL, baseAboveCommitted, baseAboveCommitted.committed(19)),
                // zero gap at 100, ahead of the boundary 60
                check(PlanCheck.HOLDS, ahead, ahead.tail(100)),
                check(PlanCheck.COMMITTED_FELL, ahead, ahead.committed(59)),
                check(PlanCheck.LINEAGE_CHANGED, ahead, ahead.sourceLineage(lineage(1, 1, 2, 100))),
                check(PlanCheck.LOG_TRIMMED, ahead, ahead.head(200).tail(101)));
    }

    @ParameterizedTest
    @MethodSource("checks")
    void aPlanHoldsWhileItsStartAndTargetAreThere(PlanCheck expected, Facts planned, Facts again) {
        assertThat(PlanCheck.of(planned.decision(), planned.history(), again.history()))
                .isEqualTo(expected);
    }

    /** R9: there is nothing to check where nothing was decided. */
    @Test
    void undecidedCannotBeChecked() {
        Facts facts = level().committedUnknown();
        assertThatThrownBy(() -> PlanCheck.of(facts.decision(), facts.history(), facts.history()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("NO_COMMITTED_BOUNDARY");
    }

    private static Arguments check(PlanCheck expected, Facts planned, Facts again) {
        return Arguments.of(expected, planned, again);
    }
}
