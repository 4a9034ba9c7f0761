package io.resilver.spi.plan;

import io.resilver.spi.Api;

/** Why the checkpoint could not be used for a rebuild. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public enum RebuildReason {
    /** There is none. */
    NO_CHECKPOINT,
    /** It is not known to be whole. */
    CHECKPOINT_UNTRUSTED,
    /** The log from its LSN on is gone, or it holds more than what is committed. */
    CHECKPOINT_TAIL_NOT_REPLAYABLE,
    /** It could be used, but is below what the replica holds already, which may have been acknowledged. */
    CHECKPOINT_BELOW_REPLICA
}
