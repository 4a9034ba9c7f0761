package io.resilver.host;

import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.Volumes;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** How a volume ends on this host: the term first, then the record, then the store. */
final class Deletion {
    private final Map<ReplicaId, LocalReplica> open;
    private final Openings openings;
    private final Volumes volumes;

    Deletion(Map<ReplicaId, LocalReplica> open, Openings openings, Volumes volumes) {
        this.open = open;
        this.openings = openings;
        this.volumes = volumes;
    }

    CompletionStage<Void> delete(VolumeId volume, Incarnation incarnation) {
        return volumes.delete(volume, incarnation, () -> endTerms(volume, incarnation))
                .thenCompose(gone -> all(ofVolume(volume, incarnation).stream()
                        .map(each -> openings.remove(each.id(), incarnation))
                        .toList()));
    }

    private CompletionStage<Void> endTerms(VolumeId volume, Incarnation incarnation) {
        return all(ofVolume(volume, incarnation).stream()
                .map(each -> each.stopLeading("its volume is being deleted").<Void>thenApply(why -> null))
                .toList());
    }

    private List<LocalReplica> ofVolume(VolumeId volume, Incarnation incarnation) {
        return open.values().stream()
                .filter(each ->
                        each.id().volume().equals(volume) && each.incarnation().equals(incarnation))
                .toList();
    }

    CompletionStage<Void> removeStore(ReplicaId replica, Incarnation incarnation) {
        return volumes.proved(replica.volume()).thenCompose(found -> {
            Optional<VolumeRecord> named =
                    found.filter(record -> record.incarnation().equals(incarnation)
                            && record.replica(replica).isPresent());
            if (named.isPresent()) {
                return CompletableFuture.failedFuture(new PermanentException("the store of replica " + replica
                        + ", incarnation " + incarnation
                        + ", is not removed: the volume's record names it, remove the replica or delete the"
                        + " volume first"));
            }
            return openings.remove(replica, incarnation);
        });
    }

    private static CompletionStage<Void> all(List<CompletionStage<Void>> stages) {
        return CompletableFuture.allOf(
                stages.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture[]::new));
    }
}
