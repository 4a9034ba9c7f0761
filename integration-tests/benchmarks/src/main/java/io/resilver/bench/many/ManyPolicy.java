package io.resilver.bench.many;

import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.policy.Budgets;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;
import java.util.Set;

/**
 * The defaults, with a grace that fits replicas that are asked every few seconds, and that ends when the comparison wants them
 * out of their sets. Thread safe.
 */
final class ManyPolicy implements RecoveryPolicy {
    /** Many times from one question of a leader to the next. */
    private static final Duration PATIENT = Duration.ofMinutes(1);

    /** The one stream is as far behind as all others together, 4 GB. */
    private static final long PIN_BYTES = 16L << 30;

    private static final Duration IMPATIENT = Duration.ofMillis(1);

    private volatile Set<VolumeId> impatient = Set.of();

    /** The volumes whose members are missed at once when they owe something. */
    void impatientWith(Set<VolumeId> volumes) {
        impatient = volumes;
    }

    @Override
    public Budgets budgets(ReplicaId replica, Decision decision) {
        Budgets byDefault = RecoveryPolicy.super.budgets(replica, decision);
        return new Budgets(
                byDefault.duration(),
                byDefault.entries(),
                byDefault.bytes(),
                byDefault.noProgress(),
                PIN_BYTES,
                byDefault.pinAge());
    }

    @Override
    public Duration grace(ReplicaId replica) {
        return impatient.contains(replica.volume()) ? IMPATIENT : PATIENT;
    }
}
