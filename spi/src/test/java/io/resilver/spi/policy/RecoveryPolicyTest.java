package io.resilver.spi.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.BudgetExceededException.Budget;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.error.UntrustedException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RebuildSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a policy that overrides nothing answers. It never retries what can never succeed. */
class RecoveryPolicyTest {
    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("v1"), "r1");

    private final RetriableException retriable = new RetriableException("x", Duration.ZERO);
    private final RecoveryPolicy policy = new RecoveryPolicy() {};

    @Property
    void whatCannotSucceedIsNeverRetried(@ForAll @IntRange(min = 1) int failures) {
        for (RecoveryException cause :
                List.of(new PermanentException("x"), new FencedException("x", 8), new CancelledException("x"))) {
            assertThat(after(cause, failures)).isInstanceOf(NextAttempt.GiveUp.class);
        }
    }

    @Property
    void whatMayPassIsAlwaysRetriedAndTheWaitIsCapped(@ForAll @IntRange(min = 1) int failures) {
        for (RecoveryException cause :
                List.of(retriable, new ResourceExhaustedException("x", "disk"), exceeded(Budget.NO_PROGRESS))) {
            NextAttempt next = after(cause, failures);
            assertThat(next).isInstanceOf(NextAttempt.Again.class);
            assertThat(((NextAttempt.Again) next).after())
                    .isBetween(RecoveryPolicy.FIRST_BACK_OFF, RecoveryPolicy.LONGEST_BACK_OFF);
        }
    }

    @Property
    @Label(
            "R54: a host that is not trusted is asked again, seldom, since its files may change; it is not taken for gone")
    void whoIsNotTrustedIsAskedAgainSeldom(@ForAll @IntRange(min = 1) int failures) {
        assertThat(after(new UntrustedException("x"), failures))
                .isInstanceOfSatisfying(
                        NextAttempt.Again.class,
                        again -> assertThat(again.after()).isEqualTo(RecoveryPolicy.UNTRUSTED_BACK_OFF));
    }

    @Test
    void theWaitDoublesUntilItsCap() {
        List<Duration> waits = new ArrayList<>();
        for (int failures = 1; failures <= 12; failures++) {
            waits.add(((NextAttempt.Again) after(retriable, failures)).after());
        }
        assertThat(waits.get(0)).isEqualTo(RecoveryPolicy.FIRST_BACK_OFF);
        assertThat(waits.get(1)).isEqualTo(RecoveryPolicy.FIRST_BACK_OFF.multipliedBy(2));
        assertThat(waits.get(2)).isEqualTo(RecoveryPolicy.FIRST_BACK_OFF.multipliedBy(4));
        assertThat(waits).isSorted();
        assertThat(waits.get(11)).isEqualTo(RecoveryPolicy.LONGEST_BACK_OFF);
    }

    @Test
    void aPeerThatAsksForALongerWaitGetsIt() {
        Duration asked = RecoveryPolicy.LONGEST_BACK_OFF.multipliedBy(3);
        assertThat(after(new RetriableException("x", asked), 1)).isEqualTo(new NextAttempt.Again(asked, "it may pass"));
    }

    @Test
    @DisplayName("R20: a trimmed log is planned again, at once, and never read again")
    void aTrimmedLogIsPlannedAgainAtOnce() {
        assertThat(((NextAttempt.Again) after(new LogTrimmedException("x", 5), 3)).after())
                .isZero();
    }

    @Test
    @DisplayName("R15: an unsafe truncation escalates to a rebuild")
    void anUnsafeTruncationBecomesARebuild() {
        assertThat(after(new TruncationUnsafeException("x", 5), 1)).isInstanceOf(NextAttempt.Rebuild.class);
    }

    @Test
    @DisplayName("R14: a budget that is exceeded escalates under its name")
    void anExceededBudgetIsNamed() {
        for (Budget budget : Budget.values()) {
            if (budget != Budget.NO_PROGRESS) {
                NextAttempt next = after(exceeded(budget), 1);
                assertThat(next).isInstanceOf(NextAttempt.Rebuild.class);
                assertThat(next.why()).contains(budget.name());
            }
        }
    }

    @Test
    void corruptionIsTriedAFewTimesAndThenLeftToAPerson() {
        CorruptException corrupt = new CorruptException("x", "segment-1", 17);
        int most = RecoveryPolicy.CATCH_UPS_BEFORE_REBUILD;
        assertThat(after(corrupt, most - 1)).isInstanceOf(NextAttempt.Again.class);
        assertThat(after(corrupt, most)).isInstanceOf(NextAttempt.GiveUp.class);
    }

    @Test
    void everyTypeOfFailureHasAnAnswerWithItsReason() {
        List<RecoveryException> causes = List.of(
                new LogTrimmedException("x", 1),
                new TruncationUnsafeException("x", 1),
                new CorruptException("x", "f", 0),
                new FencedException("x", 1),
                new ResourceExhaustedException("x", "disk"),
                exceeded(Budget.BYTES),
                new CancelledException("x"),
                retriable,
                new PermanentException("x"));
        Set<Class<?>> types = new HashSet<>();
        for (RecoveryException cause : causes) {
            types.add(cause.getClass());
            assertThat(after(cause, 1).why()).isNotBlank();
        }
        assertThat(types).isEqualTo(new HashSet<>(Arrays.asList(RecoveryException.class.getPermittedSubclasses())));
    }

    @Test
    @DisplayName("R20, R22: the windows and the caps are always set")
    void theBoundsThatMustBeSetAreSet() {
        Budgets budgets = policy.budgets(REPLICA, new Decision.ZeroGap(Reason.AT_COMMITTED, true, 1));
        assertThat(budgets.noProgress()).isPositive();
        assertThat(budgets.pinBytes()).isPositive();
        assertThat(budgets.pinAge()).isPositive();
        assertThat(budgets.duration()).as("R22: no total time limit").isEmpty();
    }

    @Test
    void catchUpIsPreferredWhereBothAreProven() {
        Decision.CatchUp catchUp =
                new Decision.CatchUp(Reason.GAP_WITHIN_RETENTION, true, OptionalLong.empty(), OptionalLong.of(1), 9);
        Decision.Rebuild rebuild = new Decision.Rebuild(
                Reason.REBUILD_REQUESTED, true, RebuildSource.SNAPSHOT_AND_TAIL, Optional.empty(), 5, 9);
        Choice choice = policy.choose(REPLICA, catchUp, rebuild, 8);
        assertThat(choice.decision()).isEqualTo(catchUp);
        assertThat(choice.why()).isNotBlank();
    }

    private NextAttempt after(RecoveryException cause, int failures) {
        return policy.afterFailure(REPLICA, cause, failures);
    }

    private static BudgetExceededException exceeded(Budget budget) {
        return new BudgetExceededException("x", budget);
    }
}
