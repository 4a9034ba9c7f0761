package io.resilver.spi.plan;

import io.resilver.spi.Api;

/** Where the base image of a rebuild comes from. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public enum RebuildSource {
    /** The newest checkpoint, then the log from its LSN. */
    SNAPSHOT_AND_TAIL,
    /** The image frozen now, then the log from its LSN. */
    FULL_BASE
}
