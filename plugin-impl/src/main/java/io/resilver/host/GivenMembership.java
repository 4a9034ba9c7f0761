package io.resilver.host;

import io.resilver.execution.Membership;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The in-sync set under a host's own authority: kept in memory for one term, since that authority decides who may lead
 * next, and is told who is in sync by events. It begins with the primary alone. Thread safe.
 */
final class GivenMembership implements Membership {
    private final Set<ReplicaId> members = new HashSet<>();
    private final Map<ReplicaId, StoreIdentity> stores = new HashMap<>();

    GivenMembership(ReplicaId self) {
        members.add(self);
    }

    @Override
    public synchronized View view() {
        return new View(members, 1, stores);
    }

    @Override
    public synchronized CompletionStage<View> join(ReplicaId replica, StoreIdentity store) {
        members.add(replica);
        stores.put(replica, store);
        return CompletableFuture.completedFuture(view());
    }

    @Override
    public synchronized CompletionStage<View> leave(ReplicaId replica, String why) {
        members.remove(replica);
        stores.remove(replica);
        return CompletableFuture.completedFuture(view());
    }

    @Override
    public CompletionStage<View> refresh() {
        return CompletableFuture.completedFuture(view());
    }

    @Override
    public boolean mayStartBulkStep() {
        return true; // the host's authority decides by its assignments
    }
}
