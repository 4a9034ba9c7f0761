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

/**
 * A policy that takes every way that is proven, by chance, and tries again soon and for ever, since everything heals; but for
 * when it is told to be impatient.
 */
final class Restless implements RecoveryPolicy {
    private static final int REBUILDS = 5;
    private static final int MOST_CATCH_UPS = 2;
    private static final int MOST_REBUILDS = 4;
    private static final Duration SOON = Duration.ofMillis(100);

    private final Random random;
    private final Supplier<OptionalLong> rate;
    private final Duration grace;
    private boolean impatient;

    Restless(Random random, Supplier<OptionalLong> rate, Duration grace) {
        this.random = random;
        this.rate = rate;
        this.grace = grace;
    }

    /** Lets it give up after some failures in a row, or no more. */
    void impatient(boolean is) {
        impatient = is;
    }

    @Override
    public OptionalLong bytesPerSecond(ReplicaId replica, Decision decision) {
        return rate.get();
    }

    @Override
    public Duration grace(ReplicaId replica) {
        return grace;
    }

    @Override
    public Choice choose(ReplicaId replica, Decision.CatchUp catchUp, Decision.Rebuild rebuild, long gapLsns) {
        return random.nextInt(REBUILDS) == 0
                ? new Choice(rebuild, "a rebuild by chance")
                : new Choice(catchUp, "the gap is within retention");
    }

    @Override
    public NextAttempt afterFailure(ReplicaId replica, RecoveryException cause, int failures) {
        if (impatient && failures > MOST_REBUILDS) {
            return new NextAttempt.GiveUp("nothing helps");
        }
        return impatient && failures > MOST_CATCH_UPS
                ? new NextAttempt.Rebuild(SOON, "catching up does not help")
                : new NextAttempt.Again(SOON, "everything heals");
    }
}
