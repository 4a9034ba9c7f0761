package io.resilver.spi.plan;

import io.resilver.spi.Api;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Outcome and proof in one (R8). {@code lineageKnown} says whether both logs had a lineage: without it a replica is
 * called in sync only after a digest comparison, or where the adapter declares a single writer for ever.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public sealed interface Decision {
    /**
     * What the replica needs.
     *
     * @return the outcome
     */
    Outcome outcome();

    /**
     * Why.
     *
     * @return the reason
     */
    Reason reason();

    /**
     * Whether both logs had a lineage.
     *
     * @return true where agreement is proved by lineage
     */
    boolean lineageKnown();

    /**
     * The holds that the plan needs, in the order in which they are taken.
     *
     * @return may be empty
     */
    List<PinRequest> pins();

    /**
     * The frozen LSN that the replica must have made durable in the end (R10).
     *
     * @return the target, or empty when undecided
     */
    OptionalLong target();

    /**
     * Nothing to send.
     *
     * @param reason why
     * @param lineageKnown whether both logs had a lineage
     * @param targetLsn the replica's flushed LSN
     */
    record ZeroGap(Reason reason, boolean lineageKnown, long targetLsn) implements Decision {
        @Override
        public Outcome outcome() {
            return Outcome.ZERO_GAP;
        }

        @Override
        public List<PinRequest> pins() {
            return List.of();
        }

        @Override
        public OptionalLong target() {
            return OptionalLong.of(targetLsn);
        }
    }

    /**
     * Truncate, replay, or both in this order; at least one of the two is given.
     *
     * @param reason why
     * @param lineageKnown whether both logs had a lineage
     * @param truncateToLsn the last LSN that stays, or empty when nothing is undone
     * @param replayFromLsn exclusive, or empty when nothing is replayed
     * @param targetLsn where it ends
     */
    record CatchUp(
            Reason reason, boolean lineageKnown, OptionalLong truncateToLsn, OptionalLong replayFromLsn, long targetLsn)
            implements Decision {
        @Override
        public Outcome outcome() {
            return Outcome.CATCH_UP;
        }

        @Override
        public List<PinRequest> pins() {
            return replayFromLsn.isPresent()
                    ? List.of(new PinRequest(PinRequest.Kind.LOG, replayFromLsn.getAsLong()))
                    : List.of();
        }

        @Override
        public OptionalLong target() {
            return OptionalLong.of(targetLsn);
        }
    }

    /**
     * A base image, then the log after it up to the target.
     *
     * @param reason why
     * @param lineageKnown whether both logs had a lineage
     * @param source where the image comes from
     * @param sourceReason why the checkpoint could not be used; empty for a snapshot
     * @param baseLsn the checkpoint's LSN, or the least LSN of a full base
     * @param targetLsn where it ends; for a full base the base's own LSN, once it is frozen, where that is higher
     */
    record Rebuild(
            Reason reason,
            boolean lineageKnown,
            RebuildSource source,
            Optional<RebuildReason> sourceReason,
            long baseLsn,
            long targetLsn)
            implements Decision {
        @Override
        public Outcome outcome() {
            return Outcome.NEEDS_REBUILD;
        }

        @Override
        public List<PinRequest> pins() {
            PinRequest log = new PinRequest(PinRequest.Kind.LOG, baseLsn);
            return source == RebuildSource.FULL_BASE
                    ? List.of(log, new PinRequest(PinRequest.Kind.FULL_BASE, baseLsn))
                    : List.of(new PinRequest(PinRequest.Kind.SNAPSHOT, baseLsn), log);
        }

        @Override
        public OptionalLong target() {
            return OptionalLong.of(targetLsn);
        }
    }

    /**
     * Nothing is changed; it is asked again later.
     *
     * @param reason why
     * @param lineageKnown whether both logs had a lineage
     */
    record Undecided(Reason reason, boolean lineageKnown) implements Decision {
        @Override
        public Outcome outcome() {
            return Outcome.UNDECIDED;
        }

        @Override
        public List<PinRequest> pins() {
            return List.of();
        }

        @Override
        public OptionalLong target() {
            return OptionalLong.empty();
        }
    }
}
