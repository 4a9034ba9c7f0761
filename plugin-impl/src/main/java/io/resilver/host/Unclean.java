package io.resilver.host;

import io.resilver.coordination.HostNode;
import io.resilver.coordination.TakeOver;
import io.resilver.coordination.UncleanPermission;
import io.resilver.coordination.VolumeRecord;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A person's permission to lead from a replica that is not in sync (R32): asked for where nothing better is there, told with
 * the person's name, used at once and never again.
 */
final class Unclean {
    private static final int LONGEST_NAME = 128;

    private final Cluster cluster;
    private final ReplicaId self;
    private final Consumer<RecoveryEvent> events;

    Unclean(Cluster cluster, ReplicaId self, Consumer<RecoveryEvent> events) {
        this.cluster = cluster;
        this.self = self;
        this.events = events;
    }

    CompletionStage<Leadership> lead(LeadLoop loop, String who, String why) throws PermanentException {
        if (who.isBlank() || who.length() > LONGEST_NAME || why.isBlank()) {
            throw new PermanentException("an unclean take-over of volume " + self.volume()
                    + " needs the name of who answers for it, up to " + LONGEST_NAME + " characters, and a reason");
        }
        return cluster.volumes()
                .read(self.volume())
                .thenCombine(cluster.presence().readHosts(), this::permitted)
                .thenCompose(seen -> {
                    events.accept(new RecoveryEvent.OperatorActed(
                            self.volume(), who, "permitted one unclean take-over from replica " + self + ": " + why));
                    return loop.lead(new UncleanPermission(seen));
                });
    }

    /** The record for which the permission is good: what was read may be old, but then the mint finds another one. */
    private VolumeRecord permitted(Optional<VolumeRecord> found, Set<HostNode> live) {
        VolumeRecord record = found.orElseThrow(() -> refused("it has no record"));
        objection(record, live).ifPresent(objection -> {
            throw refused(objection);
        });
        return record;
    }

    private CompletionException refused(String objection) {
        return Unchecked.of(
                new PermanentException("volume " + self.volume() + " is not taken over uncleanly: " + objection));
    }

    /** What would make the permission a loss for nothing: who is there may lead, or give what it has. */
    private Optional<String> objection(VolumeRecord record, Set<HostNode> live) {
        if (record.inSync().contains(self)) {
            return Optional.of("replica " + self + " is in its in-sync set and needs no permission: lead it");
        }
        Optional<String> led = record.primary()
                .filter(live::contains)
                .map(primary -> "host " + primary.host() + " leads it and is there; end that host first if it must be");
        return led.or(() -> record.replicas().stream()
                .filter(each -> record.inSync().contains(each.id()))
                .filter(each -> live.stream().anyMatch(node -> node.host().equals(each.host())))
                .findFirst()
                .map(member -> "replica " + member.id() + " on host " + member.host()
                        + " is in sync, and that host is there: lead the volume there, or end that host first if its"
                        + " replica is lost"));
    }

    static RetriableException busy(VolumeId volume) {
        return new RetriableException(
                "volume " + volume + " is led from here, is being taken over, or its driver is closing: nothing was"
                        + " changed, and the permission is void",
                Duration.ZERO);
    }

    /** Why an attempt to lead came to nothing. */
    static RecoveryException whyNot(@Nullable TakeOver result, @Nullable Throwable failure) {
        if (failure != null) {
            return Failures.typed(failure);
        }
        if (result instanceof TakeOver.NotCandidate not) {
            return new PermanentException(not.why());
        }
        if (result instanceof TakeOver.LostRace lost) {
            return new RetriableException(
                    "somebody else took over first: the record has epoch "
                            + lost.record().epoch(),
                    Duration.ZERO);
        }
        return new RetriableException("this host has no lease from the coordination service now", Duration.ZERO);
    }
}
