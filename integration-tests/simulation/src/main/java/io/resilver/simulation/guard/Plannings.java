package io.resilver.simulation.guard;

import io.resilver.engine.PlanCheck;
import io.resilver.engine.Planned;
import io.resilver.engine.Standing;
import io.resilver.execution.Planning;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RebuildReason;
import io.resilver.spi.plan.RebuildSource;
import java.util.Optional;
import java.util.OptionalLong;

/** Planners that leave one thing out of account each. */
final class Plannings {
    private Plannings() {}

    /** Takes every log for one that agrees as far as it goes. */
    static final Planning BY_LSN = new Planning() {
        @Override
        public Planned plan(RetainedHistory history, ReplicaPosition position, Standing standing) {
            Optional<Lineage> same = history.lineage().map(own -> own.upTo(position.flushedLsn()));
            return SOUND.plan(history, with(position, position.committedLsn(), same), standing);
        }
    };

    /** Cuts off what has diverged only where the source has nothing instead; otherwise what is flushed counts. */
    static final Planning FLUSHED_COUNTS = new Planning() {
        @Override
        public Planned plan(RetainedHistory history, ReplicaPosition position, Standing standing) {
            Planned sound = SOUND.plan(history, position, standing);
            boolean counts = sound instanceof Planned.Decided decided
                    && decided.decision().reason() == Reason.DIVERGED
                    && position.flushedLsn() <= history.headLsn();
            return counts
                    ? new Planned.Decided(
                            new Decision.ZeroGap(Reason.AHEAD_WITHIN_LINEAGE, true, position.flushedLsn()))
                    : sound;
        }
    };

    /** Does not ask what the replica itself knows to be acknowledged. */
    static final Planning OWN_COMMITTED_UNHEARD = new Planning() {
        @Override
        public Planned plan(RetainedHistory history, ReplicaPosition position, Standing standing) {
            return SOUND.plan(history, with(position, OptionalLong.empty(), position.lineage()), standing);
        }
    };

    /** Leaves a replica alone that has what the source lacks, and goes on. */
    static final Planning NEVER_YIELDS = new Planning() {
        @Override
        public Planned plan(RetainedHistory history, ReplicaPosition position, Standing standing) {
            Planned sound = SOUND.plan(history, position, standing);
            return sound instanceof Planned.Decided decided
                            && decided.decision().reason() == Reason.SOURCE_INCOMPLETE
                    ? new Planned.Decided(new Decision.Undecided(Reason.NO_COMMITTED_BOUNDARY, true))
                    : sound;
        }
    };

    /** Takes every checkpoint for a good one, and takes replicas back to it. */
    static final Planning ANY_CHECKPOINT = new Planning() {
        @Override
        public Planned plan(RetainedHistory history, ReplicaPosition position, Standing standing) {
            Planned trusting = SOUND.plan(trusted(history), position, standing);
            return trusting instanceof Planned.Decided decided
                            && decided.decision() instanceof Decision.Rebuild rebuild
                            && rebuild.sourceReason().equals(Optional.of(RebuildReason.CHECKPOINT_BELOW_REPLICA))
                    ? new Planned.Decided(new Decision.Rebuild(
                            rebuild.reason(),
                            rebuild.lineageKnown(),
                            RebuildSource.SNAPSHOT_AND_TAIL,
                            Optional.empty(),
                            history.checkpointLsn(),
                            history.committedLsn().orElseThrow()))
                    : trusting;
        }

        @Override
        public PlanCheck check(Decision decision, RetainedHistory planned, RetainedHistory again) {
            return SOUND.check(decision, planned, trusted(again));
        }

        private RetainedHistory trusted(RetainedHistory of) {
            return new RetainedHistory(
                    of.headLsn(),
                    of.tailLsn(),
                    of.committedLsn(),
                    of.checkpointLsn(),
                    true,
                    of.lineage(),
                    of.imageLsn());
        }
    };

    /** Rebuilds a member of the in-sync set like a replica on which nothing rests. */
    static final Planning NOBODY_COUNTS = new Planning() {
        @Override
        public Planned plan(RetainedHistory history, ReplicaPosition position, Standing standing) {
            return SOUND.plan(history, position, Standing.OUTSIDE);
        }

        @Override
        public Planned planRebuild(RetainedHistory history, ReplicaPosition position, Standing standing) {
            return SOUND.planRebuild(history, position, Standing.OUTSIDE);
        }
    };

    /** Does not look again once the pins are taken. */
    static final Planning LOOKS_ONCE = new Planning() {
        @Override
        public PlanCheck check(Decision decision, RetainedHistory planned, RetainedHistory again) {
            return PlanCheck.HOLDS;
        }
    };

    private static ReplicaPosition with(ReplicaPosition of, OptionalLong committed, Optional<Lineage> lineage) {
        return new ReplicaPosition(of.flushedLsn(), of.truncationFloorLsn(), committed, of.usable(), lineage);
    }
}
