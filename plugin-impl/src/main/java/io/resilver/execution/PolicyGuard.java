package io.resilver.execution;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.policy.Budgets;
import io.resilver.spi.policy.Choice;
import io.resilver.spi.policy.NextAttempt;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A vendor's policy, with answers that the driver can work with: no times that no clock can count, no rate of nothing. An
 * answer that is missing is thrown, and fails the recovery that asked; where nobody could hear of that, the SPI's own
 * preference stands in. Thread safe if the policy is.
 */
final class PolicyGuard implements RecoveryPolicy {
    /** Longer than anybody waits, and far from where nanoseconds overflow. */
    private static final Duration LONGEST = Duration.ofDays(365);

    private static final RecoveryPolicy WITHOUT_POLICY = new RecoveryPolicy() {};

    private final RecoveryPolicy policy;

    private PolicyGuard(RecoveryPolicy policy) {
        this.policy = policy;
    }

    static RecoveryPolicy of(RecoveryPolicy policy) {
        return policy instanceof PolicyGuard ? policy : new PolicyGuard(policy);
    }

    @Override
    public Budgets budgets(ReplicaId replica, Decision decision) {
        Budgets asked = answered(policy.budgets(replica, decision), "budgets");
        return new Budgets(
                answered(asked.duration(), "budgets").map(PolicyGuard::countable),
                answered(asked.entries(), "budgets"),
                answered(asked.bytes(), "budgets"),
                countable(answered(asked.noProgress(), "budgets")),
                asked.pinBytes(),
                countable(answered(asked.pinAge(), "budgets")));
    }

    @Override
    public Choice choose(ReplicaId replica, Decision.CatchUp catchUp, Decision.Rebuild rebuild, long gapLsns) {
        return answered(policy.choose(replica, catchUp, rebuild, gapLsns), "choose");
    }

    /** Gives up where the policy itself fails: it would fail again. */
    @Override
    public NextAttempt afterFailure(ReplicaId replica, RecoveryException cause, int failures) {
        try {
            NextAttempt next = answered(policy.afterFailure(replica, cause, failures), "afterFailure");
            if (next instanceof NextAttempt.Again again) {
                return new NextAttempt.Again(countable(answered(again.after(), "afterFailure")), again.why());
            }
            if (next instanceof NextAttempt.Rebuild rebuild) {
                return new NextAttempt.Rebuild(countable(answered(rebuild.after(), "afterFailure")), rebuild.why());
            }
            return next;
        } catch (RuntimeException bug) {
            return new NextAttempt.GiveUp("the policy itself failed: " + bug);
        }
    }

    @Override
    public int priority(ReplicaId replica, Decision decision) {
        return policy.priority(replica, decision);
    }

    @Override
    public OptionalLong bytesPerSecond(ReplicaId replica, Decision decision) {
        return possible(answered(policy.bytesPerSecond(replica, decision), "bytesPerSecond"));
    }

    @Override
    public OptionalLong bytesPerSecondBesideWrites(ReplicaId replica, Decision decision) {
        return possible(answered(policy.bytesPerSecondBesideWrites(replica, decision), "bytesPerSecondBesideWrites"));
    }

    private static OptionalLong possible(OptionalLong rate) {
        return rate.isPresent() ? OptionalLong.of(Math.max(1, rate.getAsLong())) : rate;
    }

    /** A policy with a bug keeps no member in the set for ever. */
    @Override
    public Duration grace(ReplicaId replica) {
        try {
            return countable(answered(policy.grace(replica), "grace"));
        } catch (RuntimeException bug) {
            return WITHOUT_POLICY.grace(replica);
        }
    }

    @Override
    public Optional<Duration> leastGrace() {
        return answered(policy.leastGrace(), "leastGrace");
    }

    @Override
    public void close() {
        policy.close();
    }

    private <T> T answered(@Nullable T answer, String question) {
        if (answer == null) {
            throw new IllegalStateException(
                    "policy " + policy.getClass().getName() + " answered nothing to " + question);
        }
        return answer;
    }

    private static Duration countable(Duration time) {
        if (time.isNegative()) {
            return Duration.ZERO;
        }
        return time.compareTo(LONGEST) > 0 ? LONGEST : time;
    }
}
