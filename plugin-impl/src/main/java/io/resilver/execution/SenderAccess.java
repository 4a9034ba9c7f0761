package io.resilver.execution;

import io.resilver.spi.driver.Fenced;
import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.plan.RecoveryPlan;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A leader's senders, asked from outside its strand: stepwise or whole. Thread safe; does not block. */
public final class SenderAccess {
    private final VolumeLeader leader;

    SenderAccess(VolumeLeader leader) {
        this.leader = leader;
    }

    /**
     * The whole recovery.
     *
     * @param replica the target
     * @return the first success, or the giving up
     */
    public CompletionStage<RecoveryReport> recover(ReplicaId replica) {
        return leader.with(replica, Sender::recover);
    }

    /**
     * Opens a session and reads the position.
     *
     * @param replica the target
     * @return what it answered
     */
    public CompletionStage<Fenced> fence(ReplicaId replica) {
        return leader.with(replica, Sender::fence);
    }

    /**
     * Plans.
     *
     * @param replica the target
     * @param position what the fence answered
     * @return the bound plan
     */
    public CompletionStage<RecoveryPlan> plan(ReplicaId replica, ReplicaPosition position) {
        return leader.with(replica, sender -> sender.plan(position, false));
    }

    /**
     * Plans a rebuild.
     *
     * @param replica the target
     * @return the bound plan
     */
    public CompletionStage<RecoveryPlan> planRebuild(ReplicaId replica) {
        return leader.with(
                replica,
                sender -> sender.position()
                        .map(position -> sender.plan(position, true))
                        .orElseGet(() -> sender.plan(
                                new ReplicaPosition(0, 0, OptionalLong.empty(), false, Optional.empty()), true)));
    }

    /**
     * Begins a plan.
     *
     * @param plan the plan
     * @return the execution
     */
    public CompletionStage<RecoveryExecution> begin(RecoveryPlan plan) {
        return leader.with(plan.replica(), sender -> {
            try {
                return CompletableFuture.completedFuture(sender.begin(plan));
            } catch (RecoveryException e) {
                return CompletableFuture.failedFuture(e);
            }
        });
    }

    /**
     * Ends a plan.
     *
     * @param plan the plan
     * @param alsoBegun false leaves a plan alone that has begun
     * @param why for people
     * @return completes when its pins are released
     */
    public CompletionStage<Void> cancel(RecoveryPlan plan, boolean alsoBegun, String why) {
        return leader.with(plan.replica(), sender -> {
            sender.cancel(plan, alsoBegun, why);
            return CompletableFuture.completedFuture(null);
        });
    }
}
