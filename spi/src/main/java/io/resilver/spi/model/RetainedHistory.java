package io.resilver.spi.model;

import io.resilver.spi.Api;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a source can offer, at one moment. Any numbers may stand here, so that the planner can name the field that is
 * wrong; a source volume never returns an inconsistent one.
 *
 * @param headLsn the last durable entry, 0 for an empty log
 * @param tailLsn exclusive lower bound of what the log still holds, 0 for all
 * @param committedLsn the boundary that replicas must reach; empty means unknown, which is not 0
 * @param checkpointLsn the LSN of the newest durable base image, 0 for none
 * @param checkpointTrusted whether that image is known to be whole and to hold nothing uncommitted
 * @param lineage which epoch wrote what; empty means unknown
 * @param imageLsn how far a full base reaches that is frozen now: {@link io.resilver.spi.storage.SourceVolume#pinFullBase} grants
 *     this LSN and every lower one; it only rises while the store is open. For engines whose image holds only what they were told
 *     to be committed, or is behind the log for another reason. Empty means that a base can be frozen at any LSN up to the head
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record RetainedHistory(
        long headLsn,
        long tailLsn,
        OptionalLong committedLsn,
        long checkpointLsn,
        boolean checkpointTrusted,
        Optional<Lineage> lineage,
        OptionalLong imageLsn) {
    /**
     * The history of an engine that freezes a base at any LSN up to the head.
     *
     * @param headLsn the last durable entry, 0 for an empty log
     * @param tailLsn exclusive lower bound of what the log still holds, 0 for all
     * @param committedLsn the boundary that replicas must reach; empty means unknown, which is not 0
     * @param checkpointLsn the LSN of the newest durable base image, 0 for none
     * @param checkpointTrusted whether that image is known to be whole and to hold nothing uncommitted
     * @param lineage which epoch wrote what; empty means unknown
     */
    public RetainedHistory(
            long headLsn,
            long tailLsn,
            OptionalLong committedLsn,
            long checkpointLsn,
            boolean checkpointTrusted,
            Optional<Lineage> lineage) {
        this(headLsn, tailLsn, committedLsn, checkpointLsn, checkpointTrusted, lineage, OptionalLong.empty());
    }

    /**
     * The same history with another boundary.
     *
     * @param committed the boundary, or empty for unknown
     * @return a copy
     */
    public RetainedHistory withCommitted(OptionalLong committed) {
        return new RetainedHistory(headLsn, tailLsn, committed, checkpointLsn, checkpointTrusted, lineage, imageLsn);
    }
}
