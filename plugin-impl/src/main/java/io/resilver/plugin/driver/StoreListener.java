package io.resilver.plugin.driver;

import io.resilver.execution.VolumeLeader;
import io.resilver.plugin.metrics.DriverMetrics;
import io.resilver.replica.ReplicaEvents;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.util.Optional;

/** What a host's stores tell becomes events, metrics, and the end of a term that is over. */
record StoreListener(DriverParts parts, DriverMetrics metrics) implements ReplicaEvents {
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
    public void tokenAccepted(ReplicaId replica, Token token) {
        parts.publish(new RecoveryEvent.TokenAccepted(replica, token));
    }

    @Override
    public void tokenRefused(ReplicaId replica, Token token, Optional<Epoch> promised) {
        parts.publish(new RecoveryEvent.TokenRefused(
                replica, token, promised.map(Epoch::number).orElse(0L)));
    }

    @Override
    public void mintConflict(ReplicaId replica, Epoch found, Epoch promised) {
        parts.publish(new RecoveryEvent.EpochConflict(replica, found, promised));
    }

    @Override
    public void heardFromPrimary(ReplicaId replica, Token token) {
        parts.heardFromPrimary(replica);
    }

    @Override
    public void linkLost(ReplicaId replica, HostId from) {
        parts.linkLost(replica, from);
    }

    @Override
    public void forced(long nanos) {
        metrics.forced(nanos);
    }
}
