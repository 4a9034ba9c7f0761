package io.resilver.spi.plan;

import io.resilver.spi.Api;

/**
 * A hold that a plan needs, in the order in which it is taken.
 *
 * @param kind of what
 * @param lsn for the log the exclusive lower bound; for a snapshot its LSN; for a full base the least LSN
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record PinRequest(Kind kind, long lsn) {
    /** What is held. */
    public enum Kind {
        /** The log after an LSN. */
        LOG,
        /** The checkpoint's image. */
        SNAPSHOT,
        /** A frozen image. */
        FULL_BASE
    }

    @Override
    public String toString() {
        return kind + "@" + lsn;
    }
}
