package io.resilver.spi.model;

import io.resilver.spi.Api;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where a replica stands, at one moment, by what is durable. Any numbers may stand here, so that the planner can name
 * the field that is wrong; a replica volume never returns an inconsistent one.
 *
 * @param flushedLsn the last durable entry, 0 for none
 * @param truncationFloorLsn below this LSN the replica can no longer undo, 0 when it can undo everything
 * @param committedLsn the replica's own durable lower bound of what was acknowledged; empty where it keeps none
 * @param usable false after an interrupted install, or on a replaced or restored disk
 * @param lineage which epoch wrote what; empty means unknown
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record ReplicaPosition(
        long flushedLsn,
        long truncationFloorLsn,
        OptionalLong committedLsn,
        boolean usable,
        Optional<Lineage> lineage) {}
