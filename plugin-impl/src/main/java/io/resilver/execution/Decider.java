package io.resilver.execution;

import io.resilver.engine.Divergence;
import io.resilver.engine.Planned;
import io.resilver.engine.Standing;
import io.resilver.replica.StoreSite;
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
import java.util.OptionalLong;

/** Has the planner decide what a fenced replica needs, lets the policy choose among what is proven, and says so. */
final class Decider {
    private final LeaderContext context;

    Decider(LeaderContext context) {
        this.context = context;
    }

    /**
     * A plan that is bound to a session (R8).
     *
     * @param standing whether what is acknowledged rests on the replica
     * @param rebuild whether a rebuild is asked for, whatever the replica holds
     * @throws PermanentException when the facts contradict each other
     */
    RecoveryPlan decide(
            StoreSite target,
            Token token,
            RetainedHistory history,
            ReplicaPosition position,
            Standing standing,
            boolean rebuild)
            throws RecoveryException {
        ReplicaId replica = target.replica();
        Planned answer = rebuild
                ? context.planning().planRebuild(history, position, standing)
                : context.planning().plan(history, position, standing);
        if (answer instanceof Planned.Inconsistent bad) {
            throw new PermanentException("replica " + replica + " cannot be planned: " + bad.field() + ": "
                    + bad.message() + ". An adapter reports wrong facts: that of the source, "
                    + context.adapter().storeOf(context.self()) + ", or that of the target, " + target);
        }
        Decision decision = preferred(replica, ((Planned.Decided) answer).decision(), history, position, standing);
        RecoveryPlan plan = new RecoveryPlan(replica, token, decision);
        context.events().accept(new RecoveryEvent.RecoveryPlanned(plan));
        if (decision.reason() == Reason.DIVERGED || decision.reason() == Reason.TRUNCATION_UNSAFE) {
            long agreed = Divergence.of(history, position).lsn();
            context.events()
                    .accept(new RecoveryEvent.DivergenceFound(replica, agreed, position.flushedLsn(), decision));
        }
        return plan;
    }

    /**
     * What is committed because the replica says so: its own bound comes from what was committed with every member (R30), and the
     * logs are the same up to D.
     *
     * @return empty where it says nothing, or says it of what the source does not have
     */
    static OptionalLong heardCommitted(RetainedHistory history, ReplicaPosition position) {
        Divergence divergence = Divergence.of(history, position);
        OptionalLong own = position.committedLsn();
        return divergence.lineageKnown() && own.isPresent() && own.getAsLong() <= divergence.lsn()
                ? own
                : OptionalLong.empty();
    }

    /** Whether a replica that did this may be called in sync: by lineage, by a verified base, or by the adapter's word. */
    boolean proves(Decision decision) {
        return decision.lineageKnown()
                || context.adapter().declares(Capability.SINGLE_WRITER_FOR_EVER)
                || decision instanceof Decision.Rebuild;
    }

    private Decision preferred(
            ReplicaId replica,
            Decision decision,
            RetainedHistory history,
            ReplicaPosition position,
            Standing standing) {
        if (decision instanceof Decision.CatchUp catchUp
                && context.planning().planRebuild(history, position, standing) instanceof Planned.Decided other
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
}
