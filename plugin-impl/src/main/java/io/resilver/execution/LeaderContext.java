package io.resilver.execution;

import io.resilver.replica.AdapterTraits;
import io.resilver.replica.link.ReplicaConnector;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.policy.RecoveryPolicy;
import io.resilver.spi.storage.VolumeStore;
import java.util.function.Consumer;

/**
 * What a term works with.
 *
 * @param incarnation of the volume
 * @param epoch this term
 * @param self the primary's own replica
 * @param store the primary's own store
 * @param adapter what keeps it
 * @param connector opens streams to the other replicas
 * @param planning what the facts allow
 * @param counting whose copy counts
 * @param policy what to prefer
 * @param scheduler the host's slots and bytes
 * @param ledger the host's pins
 * @param meter counts
 * @param events takes events; does not block
 * @param unanswered hears that a replica did not answer its fence: where it listens may have changed; does not block
 * @param options bounds
 */
public record LeaderContext(
        Incarnation incarnation,
        Epoch epoch,
        ReplicaId self,
        VolumeStore store,
        AdapterTraits adapter,
        ReplicaConnector connector,
        Planning planning,
        Counting counting,
        RecoveryPolicy policy,
        RecoveryScheduler scheduler,
        PinLedger ledger,
        Meter meter,
        Consumer<RecoveryEvent> events,
        Runnable unanswered,
        LeaderOptions options) {
    /** Whatever the policy answers, the driver can work with it. */
    public LeaderContext {
        policy = PolicyGuard.of(policy);
    }
}
