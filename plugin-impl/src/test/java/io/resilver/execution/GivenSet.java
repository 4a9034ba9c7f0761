package io.resilver.execution;

import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** An in-sync set whose changes are settled when the test says so. */
final class GivenSet implements Membership {
    final List<String> asked = new ArrayList<>();
    /** Whether changes are settled at once. */
    boolean prompt = true;

    boolean lease = true;

    private final Set<ReplicaId> members;
    private final Map<ReplicaId, StoreIdentity> stores = new HashMap<>();
    private final List<Runnable> waiting = new ArrayList<>();
    private final int least;

    GivenSet(Set<ReplicaId> members, int least) {
        this.members = new HashSet<>(members);
        this.least = least;
    }

    /** Settles every change that was asked for. */
    void settle() {
        List<Runnable> due = List.copyOf(waiting);
        waiting.clear();
        due.forEach(Runnable::run);
    }

    void record(ReplicaId replica, StoreIdentity store) {
        stores.put(replica, store);
    }

    private CompletionStage<View> change(String what, Runnable how) {
        asked.add(what);
        CompletableFuture<View> answer = new CompletableFuture<>();
        Runnable settled = () -> {
            how.run();
            answer.complete(view());
        };
        if (prompt) {
            settled.run();
        } else {
            waiting.add(settled);
        }
        return answer;
    }

    @Override
    public View view() {
        return new View(members, least, stores);
    }

    @Override
    public CompletionStage<View> join(ReplicaId replica, StoreIdentity store) {
        return change("join " + replica.name() + " " + store.id().value() + "/" + store.openCount(), () -> {
            members.add(replica);
            stores.put(replica, store);
        });
    }

    @Override
    public CompletionStage<View> leave(ReplicaId replica, String why) {
        return change("leave " + replica.name(), () -> members.remove(replica));
    }

    @Override
    public CompletionStage<View> refresh() {
        return change("refresh", () -> {});
    }

    @Override
    public boolean mayStartBulkStep() {
        return lease;
    }
}
