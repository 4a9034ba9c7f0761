package io.resilver.simulation.guard;

import io.resilver.execution.Membership;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.util.concurrent.CompletionStage;

/** Knows the members and not how many a commit needs: one is enough. */
record AnyNumber(Membership real) implements Membership {
    private static View enough(View view) {
        return new View(view.members(), 1, view.stores());
    }

    @Override
    public View view() {
        return enough(real.view());
    }

    @Override
    public CompletionStage<View> join(ReplicaId replica, StoreIdentity store) {
        return real.join(replica, store).thenApply(AnyNumber::enough);
    }

    @Override
    public CompletionStage<View> leave(ReplicaId replica, String why) {
        return real.leave(replica, why).thenApply(AnyNumber::enough);
    }

    @Override
    public CompletionStage<View> refresh() {
        return real.refresh().thenApply(AnyNumber::enough);
    }

    @Override
    public boolean mayStartBulkStep() {
        return real.mayStartBulkStep();
    }
}
