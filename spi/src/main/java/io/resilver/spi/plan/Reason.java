package io.resilver.spi.plan;

import io.resilver.spi.Api;

/** Why an outcome was decided. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public enum Reason {
    /** The replica ends exactly at the committed boundary. */
    AT_COMMITTED,
    /** The replica ends above the boundary, within the source's own log. */
    AHEAD_WITHIN_LINEAGE,
    /** What the replica lacks is still in the log. */
    GAP_WITHIN_RETENTION,
    /** The replica ends above the boundary and nothing proves that it agrees; it is cut back to the boundary. */
    REPLICA_AHEAD,
    /** Another primary wrote the end of the replica's log; it is cut back to where the logs agree. */
    DIVERGED,
    /** The replica would have to undo more than it can. */
    TRUNCATION_UNSAFE,
    /** The log no longer holds what the replica lacks. */
    GAP_BEYOND_RETENTION,
    /** The replica's store says that its content counts for nothing. */
    TARGET_NOT_USABLE,
    /** The host's own policy or an assignment asked for a rebuild. */
    REBUILD_REQUESTED,
    /** The source does not know what is committed. */
    NO_COMMITTED_BOUNDARY,
    /** The replica holds acknowledged entries that the source lacks. */
    SOURCE_INCOMPLETE
}
