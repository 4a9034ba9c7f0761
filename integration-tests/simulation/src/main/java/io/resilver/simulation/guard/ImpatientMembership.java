package io.resilver.simulation.guard;

import io.resilver.execution.Membership;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Asks for a removal and does without the member from then on, whatever becomes of it. For a control. */
final class ImpatientMembership implements Membership {
    private final Membership real;
    private final Set<ReplicaId> gone = new HashSet<>();

    ImpatientMembership(Membership real) {
        this.real = real;
    }

    private View without(View view) {
        Set<ReplicaId> left = new HashSet<>(view.members());
        left.removeAll(gone);
        return new View(left, view.leastInSync(), view.stores());
    }

    @Override
    public View view() {
        return without(real.view());
    }

    @Override
    public CompletionStage<View> join(ReplicaId replica, StoreIdentity store) {
        return real.join(replica, store).thenApply(view -> {
            gone.remove(replica);
            return without(view);
        });
    }

    @Override
    public CompletionStage<View> leave(ReplicaId replica, String why) {
        real.leave(replica, why);
        gone.add(replica);
        return CompletableFuture.completedFuture(view());
    }

    @Override
    public CompletionStage<View> refresh() {
        return real.refresh().thenApply(this::without);
    }

    @Override
    public boolean mayStartBulkStep() {
        return real.mayStartBulkStep();
    }
}
