package io.resilver.host;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.policy.NextAttempt;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;

/** A policy for a world in which everything heals: it tries again soon, and for ever. */
final class Patient implements RecoveryPolicy {
    @Override
    public Duration grace(ReplicaId replica) {
        return Duration.ofSeconds(1);
    }

    @Override
    public NextAttempt afterFailure(ReplicaId replica, RecoveryException cause, int failures) {
        return new NextAttempt.Again(Duration.ofMillis(100), "everything heals");
    }
}
