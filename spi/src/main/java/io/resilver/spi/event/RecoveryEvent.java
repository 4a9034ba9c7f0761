package io.resilver.spi.event;

import io.resilver.spi.Api;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.PinRequest;
import io.resilver.spi.plan.RecoveryPlan;
import java.time.Duration;
import java.util.Optional;

/** What happened. New kinds may be added in a minor version: a sink handles what it knows and passes over the rest. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public sealed interface RecoveryEvent {
    /**
     * The volume that it is about.
     *
     * @return its id
     */
    VolumeId volume();

    /** About one replica. */
    sealed interface OfReplica extends RecoveryEvent {
        /**
         * The replica that it is about.
         *
         * @return its id
         */
        ReplicaId replica();

        @Override
        default VolumeId volume() {
            return replica().volume();
        }
    }

    /**
     * It was decided what the replica needs.
     *
     * @param plan the bound plan
     */
    record RecoveryPlanned(RecoveryPlan plan) implements OfReplica {
        @Override
        public ReplicaId replica() {
            return plan.replica();
        }
    }

    /**
     * Its pins are held and it begins.
     *
     * @param plan the bound plan
     */
    record RecoveryStarted(RecoveryPlan plan) implements OfReplica {
        @Override
        public ReplicaId replica() {
            return plan.replica();
        }
    }

    /**
     * The target made more durable. Sent at most about once a second a replica.
     *
     * @param replica the target
     * @param durableLsn what it reported
     * @param targetLsn where it must get to
     * @param bytesSent since the beginning
     */
    record RecoveryProgressed(ReplicaId replica, long durableLsn, long targetLsn, long bytesSent)
            implements OfReplica {}

    /**
     * The target has durably reached its target.
     *
     * @param report how it went
     */
    record RecoveryCompleted(RecoveryReport report) implements OfReplica {
        @Override
        public ReplicaId replica() {
            return report.replica();
        }
    }

    /**
     * An attempt failed; its pins are released.
     *
     * @param replica the target
     * @param cause what failed
     * @param retryAfter when it is tried again; empty when it is given up
     */
    record RecoveryFailed(ReplicaId replica, RecoveryException cause, Optional<Duration> retryAfter)
            implements OfReplica {}

    /**
     * It was ended on purpose; its pins are released.
     *
     * @param replica the target
     * @param why by whom and why
     */
    record RecoveryCancelled(ReplicaId replica, String why) implements OfReplica {}

    /**
     * Catch-up was given up for a rebuild.
     *
     * @param replica the target
     * @param cause what made it so: the name of the failure or of the budget
     * @param why for people
     */
    record RecoveryEscalated(ReplicaId replica, String cause, String why) implements OfReplica {}

    /**
     * The replica is a member of the in-sync set again.
     *
     * @param replica who
     * @param epoch under which primary
     * @param durableLsn what it had made durable
     */
    record ReplicaJoined(ReplicaId replica, Epoch epoch, long durableLsn) implements OfReplica {}

    /**
     * The replica is no member any more.
     *
     * @param replica who
     * @param epoch under which primary
     * @param why for people
     */
    record ReplicaLeft(ReplicaId replica, Epoch epoch, String why) implements OfReplica {}

    /**
     * This host became the primary of a volume.
     *
     * @param volume which volume
     * @param epoch its epoch
     * @param host this host
     * @param boundaryLsn the adopted head
     */
    record PrimaryTookOver(VolumeId volume, Epoch epoch, HostId host, long boundaryLsn) implements RecoveryEvent {}

    /**
     * A store of this host promised a higher epoch.
     *
     * @param replica whose store
     * @param epoch the promise
     */
    record EpochRaised(ReplicaId replica, Epoch epoch) implements OfReplica {}

    /**
     * Two terms carry one number: a store of this host has promised one, and met the other in the volume's record or in a
     * token. The coordination service was restored from an older state, or two authorities assign the volume (R3, R42).
     * The store refuses the other term; the next epoch that is minted settles it, and the replica is then recovered or
     * rebuilt by what its log holds.
     *
     * @param replica whose store
     * @param found the term that it met
     * @param promised the term that it has promised
     */
    record EpochConflict(ReplicaId replica, Epoch found, Epoch promised) implements OfReplica {}

    /**
     * A store of this host let a token in that is not the one that changed it last: until the next of these events every
     * change of the store is by this token (R2). They come in the order in which the store was changed, so that those of
     * all hosts together show that there was one writer at a time.
     *
     * @param replica whose store
     * @param token by whose right; session 0 is the primary's own writer
     */
    record TokenAccepted(ReplicaId replica, Token token) implements OfReplica {}

    /**
     * A store of this host refused a token, or this host's token was refused.
     *
     * @param replica at whose store
     * @param token what was refused
     * @param promisedEpoch what the store has promised
     */
    record TokenRefused(ReplicaId replica, Token token, long promisedEpoch) implements OfReplica {}

    /**
     * A pin cost too much and was taken back (R20).
     *
     * @param replica for whose recovery
     * @param pin which pin
     * @param heldBytes what it held
     * @param why which cap
     */
    record PinRevoked(ReplicaId replica, PinRequest pin, long heldBytes, String why) implements OfReplica {}

    /**
     * A disk was replaced or restored (R36).
     *
     * @param replica whose
     * @param recorded what the volume's record says
     * @param found what the disk says
     */
    record StoreReplaced(ReplicaId replica, StoreIdentity recorded, StoreIdentity found) implements OfReplica {}

    /**
     * The volume of an open store was deleted, or deleted and created again, or has that replica no more: the store was
     * closed and is served no more.
     * Its bytes stay until a person says that they go ({@link io.resilver.spi.driver.RecoveryDriver#removeStore}).
     *
     * @param replica whose store
     * @param incarnation of which incarnation it is
     * @param why what the volume's record says instead
     */
    record StoreOrphaned(ReplicaId replica, Incarnation incarnation, String why) implements OfReplica {}

    /**
     * A replica's log ends in entries that another primary wrote.
     *
     * @param replica whose
     * @param agreedLsn the last LSN up to which the logs agree
     * @param flushedLsn where the replica's log ended
     * @param decision what is done about it
     */
    record DivergenceFound(ReplicaId replica, long agreedLsn, long flushedLsn, Decision decision)
            implements OfReplica {}

    /**
     * The scrub found that a replica that is fed at the head holds other committed entries than its primary, under checksums
     * that are right. Nothing was repaired and the replica stays what it was: which copy is right is for a person to say,
     * who then has the other one rebuilt. Told once a pass for each range, for the first ones.
     *
     * @param replica whose log it was compared with
     * @param afterLsn where the range begins, exclusive
     * @param upToLsn where it ends, inclusive
     * @param ofPrimary SHA-256 of the primary's range, in hexadecimal
     * @param ofReplica SHA-256 of the replica's
     */
    record ContentDiffers(ReplicaId replica, long afterLsn, long upToLsn, String ofPrimary, String ofReplica)
            implements OfReplica {}

    /**
     * The scrub found that the image of a replica that is fed at the head is another one than its primary's at the same LSN,
     * where no checksum objects: a part of it, or its length. Nothing was repaired and the replica stays what it was, as with
     * {@link ContentDiffers}. Told once a pass for each range, for the first ones.
     *
     * @param replica whose image it was compared with
     * @param lsn both images hold exactly the entries up to there
     * @param offset the first byte of the range
     * @param bytes its length; both images were read as far as they go
     * @param ofPrimary SHA-256 of the primary's range, with the image's LSN and length, in hexadecimal
     * @param ofReplica SHA-256 of the replica's
     */
    record ImageDiffers(ReplicaId replica, long lsn, long offset, long bytes, String ofPrimary, String ofReplica)
            implements OfReplica {}

    /**
     * The scrub met stored bytes that are not what was written: a checksum says so. They were served to nobody, and nothing
     * was repaired.
     *
     * @param replica whose store
     * @param afterLsn the range of the log that was read begins here, exclusive; 0 for an image
     * @param upToLsn it ends here, inclusive; the LSN of an image
     * @param cause which file or object, and which byte of it
     */
    record CorruptionFound(ReplicaId replica, long afterLsn, long upToLsn, CorruptException cause)
            implements OfReplica {}

    /**
     * A person changed something.
     *
     * @param volume where
     * @param who the operator's name
     * @param what the verb and its arguments
     */
    record OperatorActed(VolumeId volume, String who, String what) implements RecoveryEvent {}
}
