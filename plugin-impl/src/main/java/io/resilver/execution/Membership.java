package io.resilver.execution;

import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Who is in sync, decided elsewhere: by the volume's record, or by the host's own authority. A failed stage with a {@link
 * io.resilver.spi.error.FencedException} means that this primary is deposed; any other failure changes nothing.
 */
public interface Membership {
    /**
     * What is in force.
     *
     * @return the view that was read last
     */
    View view();

    /**
     * Takes a replica into the in-sync set (R31).
     *
     * @param replica who
     * @param store the identity that its fence reported
     * @return the view in force afterwards
     */
    CompletionStage<View> join(ReplicaId replica, StoreIdentity store);

    /**
     * Takes a replica out of the in-sync set (R31).
     *
     * @param replica who
     * @param why for the event
     * @return the view in force afterwards
     */
    CompletionStage<View> leave(ReplicaId replica, String why);

    /**
     * Asks again what is in force, since somebody else may have changed it.
     *
     * @return the view in force
     */
    CompletionStage<View> refresh();

    /**
     * Whether the host may begin a bulk step now (R38).
     *
     * @return false without a valid lease
     */
    boolean mayStartBulkStep();

    /**
     * The set in force.
     *
     * @param members the recorded in-sync set, the primary included
     * @param leastInSync how many must have an entry before it is committed
     * @param stores the recorded identity of each store that has one
     */
    record View(Set<ReplicaId> members, int leastInSync, Map<ReplicaId, StoreIdentity> stores) {
        /** Copies the collections; members stay in their order. */
        public View {
            members = Collections.unmodifiableSet(new LinkedHashSet<>(members));
            stores = Map.copyOf(stores);
        }
    }
}
