package io.resilver.execution;

import io.resilver.engine.Permission;
import io.resilver.engine.PlanCheck;
import io.resilver.engine.Planned;
import io.resilver.engine.Planner;
import io.resilver.engine.Standing;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Reason;

/**
 * What a session of a sender rests on: which plan the facts allow, and whether it still holds once its pins are taken. There is
 * one implementation, {@link #SOUND}; a verification puts another in its place to see what breaks.
 */
public interface Planning {
    /** The planner's own. */
    Planning SOUND = new Planning() {};

    /**
     * What the facts allow (R8).
     *
     * @param history of the source
     * @param position of the replica, read after it was fenced
     * @param standing whether what is acknowledged rests on it
     * @return the decision, or what is wrong with the facts
     */
    default Planned plan(RetainedHistory history, ReplicaPosition position, Standing standing) {
        return Planner.plan(history, position, Permission.NONE, standing);
    }

    /**
     * The rebuild that the facts allow, where one is asked for or preferred (R8).
     *
     * @param history of the source
     * @param position of the replica, read after it was fenced
     * @param standing whether what is acknowledged rests on it
     * @return the rebuild, undecided, or what is wrong with the facts
     */
    default Planned planRebuild(RetainedHistory history, ReplicaPosition position, Standing standing) {
        return Planner.planRebuild(history, position, Reason.REBUILD_REQUESTED, Permission.NONE, standing);
    }

    /**
     * Whether a plan still holds (R9).
     *
     * @param decision what was decided
     * @param planned the history that it was decided from
     * @param again the history, read after the pins were taken
     * @return whether it does, or what changed
     */
    default PlanCheck check(Decision decision, RetainedHistory planned, RetainedHistory again) {
        return PlanCheck.of(decision, planned, again);
    }
}
