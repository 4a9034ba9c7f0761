package io.resilver.execution.scrub;

import io.resilver.spi.driver.ScrubStatus;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.ReplicaId;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What the passes over a replica's log and image have found. It stays until a pass has gone over the same and found nothing:
 * what was found is no state of a moment.
 */
final class Findings {
    /** So many events a pass: a log that differs everywhere is told of, and does not push everything else out of the sinks. */
    static final int MOST_TOLD = 16;

    private final ReplicaId replica;
    private final ScrubPorts ports;
    private Optional<ScrubStatus.Differing> differing = Optional.empty();
    private Optional<ScrubStatus.DifferingImage> differingImage = Optional.empty();
    private Optional<ScrubStatus.Corrupt> corrupt = Optional.empty();
    private long found;
    private long foundInPass;

    Findings(ReplicaId replica, ScrubPorts ports) {
        this.replica = replica;
        this.ports = ports;
    }

    void differs(Range.OfLog range, ByteBuffer theirs) {
        firstOfPass();
        String ofPrimary = hex(range.digest());
        String ofReplica = hex(theirs);
        if (differing.isEmpty()) {
            differing = Optional.of(new ScrubStatus.Differing(range.afterLsn(), range.upToLsn(), ofPrimary, ofReplica));
        }
        tell(new RecoveryEvent.ContentDiffers(replica, range.afterLsn(), range.upToLsn(), ofPrimary, ofReplica));
    }

    void differs(Range.OfImage range, ByteBuffer theirs) {
        firstOfPass();
        String ofPrimary = hex(range.digest());
        String ofReplica = hex(theirs);
        if (differingImage.isEmpty()) {
            differingImage = Optional.of(
                    new ScrubStatus.DifferingImage(range.lsn(), range.offset(), range.bytes(), ofPrimary, ofReplica));
        }
        tell(new RecoveryEvent.ImageDiffers(replica, range.lsn(), range.offset(), range.bytes(), ofPrimary, ofReplica));
    }

    private static String hex(ByteBuffer digest) {
        byte[] bytes = new byte[digest.remaining()];
        digest.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** The replica cannot read its own of a range. */
    void corrupt(Range range, CorruptException cause) {
        if (range instanceof Range.OfLog log) {
            corrupt(replica, log.afterLsn(), log.upToLsn(), cause);
        } else if (range instanceof Range.OfImage image) {
            corrupt(replica, 0, image.lsn(), cause);
        }
    }

    void corrupt(ReplicaId whose, long afterLsn, long upToLsn, CorruptException cause) {
        firstOfPass();
        if (corrupt.isEmpty()) {
            corrupt = Optional.of(new ScrubStatus.Corrupt(whose, cause.where(), cause.offset()));
        }
        tell(new RecoveryEvent.CorruptionFound(whose, afterLsn, upToLsn, cause));
    }

    /** What an earlier pass has found gives way to what this one finds. */
    private void firstOfPass() {
        if (foundInPass == 0) {
            forget();
        }
    }

    private void forget() {
        differing = Optional.empty();
        differingImage = Optional.empty();
        corrupt = Optional.empty();
    }

    private void tell(RecoveryEvent event) {
        found++;
        foundInPass++;
        if (foundInPass <= MOST_TOLD) {
            ports.tell(event);
        }
    }

    /** A pass begins. */
    void begin() {
        foundInPass = 0;
    }

    /** A pass has seen all that it can. */
    void passed() {
        firstOfPass();
    }

    long found() {
        return found;
    }

    Optional<ScrubStatus.Differing> differing() {
        return differing;
    }

    Optional<ScrubStatus.DifferingImage> differingImage() {
        return differingImage;
    }

    Optional<ScrubStatus.Corrupt> corrupt() {
        return corrupt;
    }
}
