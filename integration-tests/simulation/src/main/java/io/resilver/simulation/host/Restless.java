package io.resilver.simulation.host;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.policy.Choice;
import io.resilver.spi.policy.NextAttempt;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Supplier;

/** A policy that takes every way that is proven, by chance, and tries again soon and for ever, since everything heals. */
final class Restless implements RecoveryPolicy {
    private static final int REBUILDS = 5;

    private final Random random;
    private final Supplier<OptionalLong> rate;

    Restless(Random random, Supplier<OptionalLong> rate) {
        this.random = random;
        this.rate = rate;
    }

    @Override
    public OptionalLong bytesPerSecond(ReplicaId replica, Decision decision) {
        return rate.get();
    }

    @Override
    public Duration grace(ReplicaId replica) {
        return Duration.ofSeconds(1);
    }

    @Override
    public Choice choose(ReplicaId replica, Decision.CatchUp catchUp, Decision.Rebuild rebuild, long gapLsns) {
        return random.nextInt(REBUILDS) == 0
                ? new Choice(rebuild, "a rebuild by chance")
                : new Choice(catchUp, "the gap is within retention");
    }

    @Override
    public NextAttempt afterFailure(ReplicaId replica, RecoveryException cause, int failures) {
        return new NextAttempt.Again(Duration.ofMillis(100), "everything heals");
    }
}
