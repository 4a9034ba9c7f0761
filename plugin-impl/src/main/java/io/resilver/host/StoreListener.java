package io.resilver.host;

import io.resilver.execution.VolumeLeader;
import io.resilver.replica.ReplicaEvents;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.util.Optional;

/** What a host's stores tell becomes events, metrics, and the end of a term that is over. */
record StoreListener(ReplicaHost host) implements ReplicaEvents {
    @Override
    public void epochRaised(ReplicaId replica, Epoch epoch) {
        host.publish(new RecoveryEvent.EpochRaised(replica, epoch));
        host.replica(replica)
                .flatMap(LocalReplica::leader)
                .filter(term -> term.epoch().number() < epoch.number())
                .ifPresent(term -> stop(term, epoch));
    }

    private static void stop(VolumeLeader term, Epoch epoch) {
        term.stop("the own store was fenced by epoch " + epoch);
    }

    @Override
    public void tokenAccepted(ReplicaId replica, Token token) {
        host.publish(new RecoveryEvent.TokenAccepted(replica, token));
    }

    @Override
    public void tokenRefused(ReplicaId replica, Token token, Optional<Epoch> promised) {
        host.publish(new RecoveryEvent.TokenRefused(
                replica, token, promised.map(Epoch::number).orElse(0L)));
    }

    @Override
    public void mintConflict(ReplicaId replica, Epoch found, Epoch promised) {
        host.publish(new RecoveryEvent.EpochConflict(replica, found, promised));
    }

    @Override
    public void heardFromPrimary(ReplicaId replica, Token token) {
        host.loop(replica).ifPresent(LeadLoop::heardFromPrimary);
    }

    @Override
    public void linkLost(ReplicaId replica, HostId from) {
        host.loop(replica).ifPresent(loop -> loop.linkLost(from));
    }

    @Override
    public void senderLeft(ReplicaId replica, HostId from) {
        host.loop(replica).ifPresent(LeadLoop::senderLeft);
    }

    @Override
    public void defect(ReplicaId replica, Throwable bug) {
        host.defect(replica.toString(), bug);
    }

    @Override
    public void forced(long nanos) {
        host.forced(nanos);
    }
}
