package io.resilver.plugin.driver;

import io.resilver.execution.VolumeLeader;
import io.resilver.plugin.metrics.DriverMetrics;
import io.resilver.replica.ReplicaListener;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;

/** What a host's stores tell becomes events, metrics, and the end of a term that is over. */
record StoreListener(DriverParts parts, DriverMetrics metrics) implements ReplicaListener {
    @Override
    public void epochRaised(ReplicaId replica, Epoch epoch) {
        parts.publish(new RecoveryEvent.EpochRaised(replica, epoch));
        parts.replica(replica)
                .flatMap(LocalReplica::leader)
                .filter(term -> term.epoch().number() < epoch.number())
                .ifPresent(term -> stop(term, epoch));
    }

    private static void stop(VolumeLeader term, Epoch epoch) {
        term.stop("the own store was fenced by epoch " + epoch);
    }

    @Override
    public void tokenRefused(ReplicaId replica, Token token, long promisedEpoch, boolean conflict) {
        parts.publish(new RecoveryEvent.TokenRefused(replica, token, promisedEpoch));
    }

    @Override
    public void heardFromPrimary(ReplicaId replica) {
        parts.cluster().flatMap(cluster -> cluster.loop(replica)).ifPresent(LeadLoop::heardFromPrimary);
    }

    @Override
    public void forced(long nanos) {
        metrics.forced(nanos);
    }
}
