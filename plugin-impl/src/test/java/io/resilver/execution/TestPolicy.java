package io.resilver.execution;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.policy.Budgets;
import io.resilver.spi.policy.Choice;
import io.resilver.spi.policy.NextAttempt;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The SPI's own preferences, with bounds that a test sets. Writes down the failures that it was asked about. */
final class TestPolicy implements RecoveryPolicy {
    final List<RecoveryException> failures = new ArrayList<>();
    Optional<Duration> duration = Optional.empty();
    OptionalLong entries = OptionalLong.empty();
    OptionalLong bytes = OptionalLong.empty();
    Duration noProgress = Duration.ofSeconds(30);
    long pinBytes = DEFAULT_PIN_BYTES;
    Duration pinAge = DEFAULT_PIN_AGE;
    OptionalLong rate = OptionalLong.empty();
    OptionalLong rateBesideWrites = OptionalLong.empty();
    boolean prefersRebuild;
    /** Which questions it answers with a bug. */
    String bug = "none";

    /** Which questions it answers with null. */
    String silent = "none";

    Duration grace = Duration.ofSeconds(2);
    /** When it has whatever failed tried again. */
    Optional<Duration> retry = Optional.empty();

    @Override
    public Budgets budgets(ReplicaId replica, Decision decision) {
        mayThrow("budgets");
        if (silent.equals("budgets")) {
            return null;
        }
        return new Budgets(duration, entries, bytes, noProgress, pinBytes, pinAge);
    }

    @Override
    public Choice choose(ReplicaId replica, Decision.CatchUp catchUp, Decision.Rebuild rebuild, long gapLsns) {
        mayThrow("choose");
        if (silent.equals("choose")) {
            return null;
        }
        return prefersRebuild
                ? new Choice(rebuild, "a test prefers it")
                : RecoveryPolicy.super.choose(replica, catchUp, rebuild, gapLsns);
    }

    @Override
    public NextAttempt afterFailure(ReplicaId replica, RecoveryException cause, int count) {
        failures.add(cause);
        mayThrow("afterFailure");
        if (silent.equals("afterFailure")) {
            return null;
        }
        return retry.<NextAttempt>map(after -> new NextAttempt.Again(after, "a test says so"))
                .orElseGet(() -> RecoveryPolicy.super.afterFailure(replica, cause, count));
    }

    @Override
    public OptionalLong bytesPerSecond(ReplicaId replica, Decision decision) {
        mayThrow("rate");
        if (silent.equals("rate")) {
            return null;
        }
        return rate;
    }

    @Override
    public OptionalLong bytesPerSecondBesideWrites(ReplicaId replica, Decision decision) {
        mayThrow("rate beside writes");
        if (silent.equals("rate beside writes")) {
            return null;
        }
        return rateBesideWrites;
    }

    @Override
    public int priority(ReplicaId replica, Decision decision) {
        mayThrow("priority");
        return 0;
    }

    @Override
    public Duration grace(ReplicaId replica) {
        mayThrow("grace");
        return grace;
    }

    private void mayThrow(String question) {
        if (bug.equals(question)) {
            throw new IllegalStateException("a policy with a bug");
        }
    }
}
