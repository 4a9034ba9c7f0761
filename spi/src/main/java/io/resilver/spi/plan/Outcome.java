package io.resilver.spi.plan;

import io.resilver.spi.Api;

/** What a replica needs. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public enum Outcome {
    /** Nothing: keep-up can begin where the replica stands. */
    ZERO_GAP,
    /** A truncation, a bounded replay of the log, or both. */
    CATCH_UP,
    /** A base image, then the log from there. */
    NEEDS_REBUILD,
    /** Nothing can be proved now; nothing is changed. */
    UNDECIDED
}
