package io.resilver.simulation.guard;

import io.resilver.execution.Membership;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Where the record knows another store than the one that was fenced, it takes that one in: it is the same replica. */
record AnyStore(Membership real) implements Membership {
    @Override
    public View view() {
        return real.view();
    }

    @Override
    public CompletionStage<View> join(ReplicaId replica, StoreIdentity store) {
        return real.join(replica, store)
                .exceptionallyCompose(refused -> real.refresh()
                        .thenCompose(now -> Optional.ofNullable(now.stores().get(replica))
                                .map(there -> real.join(replica, there))
                                .orElseGet(() -> CompletableFuture.failedStage(refused))));
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
