package io.resilver.host;

import io.resilver.coordination.HostPresence;
import io.resilver.coordination.Tenure;
import io.resilver.coordination.VolumeRecord;
import io.resilver.execution.Membership;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** The in-sync set of the volume's record, for one term. */
record RecordMembership(Tenure tenure, HostPresence presence) implements Membership {
    @Override
    public View view() {
        return view(tenure.record());
    }

    @Override
    public CompletionStage<View> join(ReplicaId replica, StoreIdentity store) {
        return tenure.join(replica, store).thenApply(RecordMembership::view);
    }

    @Override
    public CompletionStage<View> leave(ReplicaId replica, String why) {
        return tenure.leave(replica).thenApply(RecordMembership::view);
    }

    @Override
    public CompletionStage<View> refresh() {
        return tenure.confirm().thenApply(RecordMembership::view);
    }

    @Override
    public boolean mayStartBulkStep() {
        return presence.mayDecide();
    }

    private static View view(VolumeRecord record) {
        Map<ReplicaId, StoreIdentity> stores = new HashMap<>();
        record.replicas().forEach(each -> each.store().ifPresent(store -> stores.put(each.id(), store)));
        return new View(record.inSync(), record.leastInSync(), stores);
    }
}
