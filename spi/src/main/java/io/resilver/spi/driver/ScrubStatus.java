package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How far the scrub of one replica is in this term, and what it found. It compares the committed log of the replica with the
 * primary's own, and then the image, where the engine declares that images can be compared. A copy; it does not change.
 *
 * @param state {@code OFF}, or what the scrub does now, a word such as {@code RESTING} or {@code ASKING}
 * @param why what it waits for or what kept it from going on, for people; may be empty
 * @param comparedLsn everything from the tail up to this LSN was compared in the present pass, or in the last one
 * @param comparedImageBytes the image up to this byte was compared in the present pass, or in the last one; empty where images
 *     are not compared
 * @param passes how many passes have gone over the whole log and, where it can be compared, the whole image
 * @param sinceLastPass how long ago the last pass ended, or was given up; empty before the first
 * @param found ranges in all that differ or are corrupt
 * @param differing the first range of the log that differs in the last pass that found one; gone after a pass that found nothing
 * @param differingImage the first range of the image, likewise
 * @param corrupt the first corrupt range, likewise
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record ScrubStatus(
        String state,
        String why,
        long comparedLsn,
        OptionalLong comparedImageBytes,
        long passes,
        Optional<Duration> sinceLastPass,
        long found,
        Optional<Differing> differing,
        Optional<DifferingImage> differingImage,
        Optional<Corrupt> corrupt) {
    /**
     * A range of the log that is not the same on both sides.
     *
     * @param afterLsn exclusive
     * @param upToLsn inclusive
     * @param ofPrimary SHA-256 of the primary's, in hexadecimal
     * @param ofReplica SHA-256 of the replica's
     */
    public record Differing(long afterLsn, long upToLsn, String ofPrimary, String ofReplica) {}

    /**
     * A range of the image that is not the same on both sides, at the same LSN.
     *
     * @param lsn of both images
     * @param offset its first byte
     * @param bytes its length
     * @param ofPrimary SHA-256 of the primary's, with the image's LSN and length, in hexadecimal
     * @param ofReplica SHA-256 of the replica's
     */
    public record DifferingImage(long lsn, long offset, long bytes, String ofPrimary, String ofReplica) {}

    /**
     * Stored bytes that are not what was written.
     *
     * @param replica whose store
     * @param where the file or object
     * @param offset the first byte that is not right
     */
    public record Corrupt(ReplicaId replica, String where, long offset) {}
}
