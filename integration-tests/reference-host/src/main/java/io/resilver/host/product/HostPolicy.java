package io.resilver.host.product;

import io.resilver.spi.Configuration;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.UntrustedException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.policy.NextAttempt;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The host's own preferences: the rate that it may change while it runs, and how patient it is with a replica that is away.
 * Its keys, after {@code resilver.policy.host.}: {@code grace-ms}, {@code longest-back-off-ms} and {@code
 * bytes-per-second-beside-writes} (0 is no bound). Thread safe.
 */
final class HostPolicy implements RecoveryPolicy {
    private final RecoveryRate rate;
    private final long besideWrites;
    private final Duration grace;
    private final Duration longestBackOff;

    HostPolicy(Configuration keys, RecoveryRate rate) {
        this.rate = rate;
        this.besideWrites = keys.number("bytes-per-second-beside-writes", DEFAULT_BESIDE_WRITES, 0, Long.MAX_VALUE);
        this.grace = keys.millis("grace-ms", Duration.ofSeconds(2));
        this.longestBackOff = keys.millis("longest-back-off-ms", LONGEST_BACK_OFF);
    }

    @Override
    public OptionalLong bytesPerSecond(ReplicaId replica, Decision decision) {
        return rate.bytesPerSecond();
    }

    /** A rate that a person has set counts alone. */
    @Override
    public OptionalLong bytesPerSecondBesideWrites(ReplicaId replica, Decision decision) {
        return besideWrites == 0 || rate.bytesPerSecond().isPresent()
                ? OptionalLong.empty()
                : OptionalLong.of(besideWrites);
    }

    @Override
    public Duration grace(ReplicaId replica) {
        return grace;
    }

    @Override
    public Optional<Duration> leastGrace() {
        return Optional.of(grace);
    }

    @Override
    public NextAttempt afterFailure(ReplicaId replica, RecoveryException cause, int failures) {
        NextAttempt next = RecoveryPolicy.super.afterFailure(replica, cause, failures);
        if (cause instanceof UntrustedException) {
            return next; // a person changes files: it is not looked at as often as a host that starts
        }
        if (next instanceof NextAttempt.Again again && again.after().compareTo(longestBackOff) > 0) {
            return new NextAttempt.Again(longestBackOff, again.why());
        }
        return next;
    }
}
