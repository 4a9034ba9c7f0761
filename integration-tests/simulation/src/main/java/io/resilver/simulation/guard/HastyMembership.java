package io.resilver.simulation.guard;

import io.resilver.execution.Membership;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Asks for a joiner and does not wait for it: until the answer comes, the smaller set counts. */
record HastyMembership(Membership real) implements Membership {
    @Override
    public View view() {
        return real.view();
    }

    @Override
    public CompletionStage<View> join(ReplicaId replica, StoreIdentity store) {
        View before = real.view();
        real.join(replica, store);
        return CompletableFuture.completedFuture(before);
    }

    @Override
    public CompletionStage<View> leave(ReplicaId replica, String why) {
        return real.leave(replica, why);
    }

    @Override
    public CompletionStage<View> refresh() {
        return real.refresh();
    }

    @Override
    public boolean mayStartBulkStep() {
        return real.mayStartBulkStep();
    }
}
