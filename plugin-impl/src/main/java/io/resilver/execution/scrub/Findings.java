package io.resilver.execution.scrub;

import io.resilver.spi.driver.ScrubStatus;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.ReplicaId;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What the passes over a replica's log have found. It stays until a pass has gone over the same log and found nothing: what
 * was found is no state of a moment.
 */
final class Findings {
    /** So many events a pass: a log that differs everywhere is told of, and does not push everything else out of the sinks. */
    static final int MOST_TOLD = 16;

    private final ReplicaId replica;
    private final ScrubPorts ports;
    private Optional<ScrubStatus.Differing> differing = Optional.empty();
    private Optional<ScrubStatus.Corrupt> corrupt = Optional.empty();
    private long found;
    private long foundInPass;

    Findings(ReplicaId replica, ScrubPorts ports) {
        this.replica = replica;
        this.ports = ports;
    }

    void differs(LogScrub.Range range, ByteBuffer theirs) {
        HexFormat hex = HexFormat.of();
        String ofPrimary = hex.formatHex(range.digest().array());
        byte[] bytes = new byte[theirs.remaining()];
        theirs.duplicate().get(bytes);
        String ofReplica = hex.formatHex(bytes);
        if (foundInPass == 0) {
            differing = Optional.empty();
            corrupt = Optional.empty();
        }
        if (differing.isEmpty()) {
            differing = Optional.of(new ScrubStatus.Differing(range.afterLsn(), range.upToLsn(), ofPrimary, ofReplica));
        }
        tell(new RecoveryEvent.ContentDiffers(replica, range.afterLsn(), range.upToLsn(), ofPrimary, ofReplica));
    }

    void corrupt(ReplicaId whose, long afterLsn, long upToLsn, CorruptException cause) {
        if (foundInPass == 0) {
            differing = Optional.empty();
            corrupt = Optional.empty();
        }
        if (corrupt.isEmpty()) {
            corrupt = Optional.of(new ScrubStatus.Corrupt(whose, cause.where(), cause.offset()));
        }
        tell(new RecoveryEvent.CorruptionFound(whose, afterLsn, upToLsn, cause));
    }

    private void tell(RecoveryEvent event) {
        found++;
        foundInPass++;
        if (foundInPass <= MOST_TOLD) {
            ports.tell(event);
        }
    }

    /** A pass has seen all that it can. */
    void passed() {
        if (foundInPass == 0) {
            differing = Optional.empty();
            corrupt = Optional.empty();
        }
        foundInPass = 0;
    }

    ReplicaId replica() {
        return replica;
    }

    long found() {
        return found;
    }

    Optional<ScrubStatus.Differing> differing() {
        return differing;
    }

    Optional<ScrubStatus.Corrupt> corrupt() {
        return corrupt;
    }
}
