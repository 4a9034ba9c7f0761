package io.resilver.execution;

import io.resilver.engine.Divergence;
import io.resilver.engine.Permission;
import io.resilver.engine.Planned;
import io.resilver.engine.Planner;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.model.Token;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RecoveryPlan;
import io.resilver.spi.policy.Choice;
import io.resilver.spi.storage.Capability;

/** Has the planner decide what a fenced replica needs, lets the policy choose among what is proven, and says so. */
final class Decider {
    private final LeaderContext context;

    Decider(LeaderContext context) {
        this.context = context;
    }

    /**
     * A plan that is bound to a session (R8).
     *
     * @param rebuild whether a rebuild is asked for, whatever the replica holds
     * @throws PermanentException when the facts contradict each other
     */
    RecoveryPlan decide(
            ReplicaId replica, Token token, RetainedHistory history, ReplicaPosition position, boolean rebuild)
            throws RecoveryException {
        Planned answer =
                rebuild ? rebuildOf(history, position) : context.planning().plan(history, position);
        if (answer instanceof Planned.Inconsistent bad) {
            throw new PermanentException("replica " + replica + " cannot be planned: " + bad.field() + ": "
                    + bad.message() + ". An adapter reports wrong facts");
        }
        Decision decision = preferred(replica, ((Planned.Decided) answer).decision(), history, position);
        RecoveryPlan plan = new RecoveryPlan(replica, token, decision);
        context.events().accept(new RecoveryEvent.RecoveryPlanned(plan));
        if (decision.reason() == Reason.DIVERGED || decision.reason() == Reason.TRUNCATION_UNSAFE) {
            long agreed = Divergence.of(history, position).lsn();
            context.events()
                    .accept(new RecoveryEvent.DivergenceFound(replica, agreed, position.flushedLsn(), decision));
        }
        return plan;
    }

    /** Whether a replica that did this may be called in sync: by lineage, by a verified base, or by the adapter's word. */
    boolean proves(Decision decision) {
        return decision.lineageKnown()
                || context.capabilities().contains(Capability.SINGLE_WRITER_FOR_EVER)
                || decision instanceof Decision.Rebuild;
    }

    private Decision preferred(
            ReplicaId replica, Decision decision, RetainedHistory history, ReplicaPosition position) {
        if (decision instanceof Decision.CatchUp catchUp
                && rebuildOf(history, position) instanceof Planned.Decided other
                && other.decision() instanceof Decision.Rebuild rebuild) {
            long start = catchUp.replayFromLsn().orElse(catchUp.targetLsn());
            Choice choice = context.policy().choose(replica, catchUp, rebuild, catchUp.targetLsn() - start);
            if (choice.decision().equals(rebuild)) {
                context.events().accept(new RecoveryEvent.RecoveryEscalated(replica, "POLICY", choice.why()));
                return rebuild;
            }
        }
        return decision;
    }

    private static Planned rebuildOf(RetainedHistory history, ReplicaPosition position) {
        return Planner.planRebuild(history, position, Reason.REBUILD_REQUESTED, Permission.NONE);
    }
}
