package io.resilver.engine;

import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.model.ReplicaId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a newer assignment changes for the senders of its volume: the replicas other than the primary's own. The order in
 * which replicas are listed means nothing (R4, R6); each list here has the order of the assignment that lists the replica.
 *
 * @param added a sender begins
 * @param removed the sender ends, and releases what it holds
 * @param moved the sender stays and its session ends: another host or endpoint
 * @param dutyChanged something else is asked of the replica
 */
public record AssignmentChange(
        List<ReplicaAssignment> added,
        List<ReplicaId> removed,
        List<ReplicaAssignment> moved,
        List<ReplicaAssignment> dutyChanged) {

    /**
     * Compares two assignments.
     *
     * @param before the one in force; empty before the first
     * @param after the one that replaces it
     * @return the differences; a replica that is added counts with a duty other than to follow as changed
     */
    public static AssignmentChange between(Optional<Assignment> before, Assignment after) {
        Listed old = new Listed(before);
        List<ReplicaAssignment> added = List.of();
        List<ReplicaAssignment> moved = List.of();
        List<ReplicaAssignment> dutyChanged = List.of();
        int stayed = 0;
        for (int at = 0; at < after.replicas().size(); at++) {
            ReplicaAssignment each = after.replicas().get(at);
            ReplicaId replica = each.replica();
            if (replica.equals(after.self())) {
                continue;
            }
            ReplicaAssignment was = old.find(replica, at);
            if (was == null) {
                added = with(added, each);
            } else {
                stayed++;
                if (!was.host().equals(each.host()) || !was.endpoint().equals(each.endpoint())) {
                    moved = with(moved, each);
                }
            }
            if (each.duty() != (was == null ? Duty.FOLLOW : was.duty())) {
                dutyChanged = with(dutyChanged, each);
            }
        }
        return new AssignmentChange(added, old.without(stayed, after), moved, dutyChanged);
    }

    /** Most changes are of one replica, or of none. */
    private static List<ReplicaAssignment> with(List<ReplicaAssignment> some, ReplicaAssignment one) {
        if (some.isEmpty()) {
            return List.of(one);
        }
        List<ReplicaAssignment> more = some instanceof ArrayList ? some : new ArrayList<>(some);
        more.add(one);
        return more;
    }

    /**
     * The senders of an assignment, to be looked up by replicas that are mostly listed where they were: an index over all of
     * them is made only when one is not.
     */
    private static final class Listed {
        private final List<ReplicaAssignment> all;
        private final @Nullable ReplicaId self;
        private @Nullable Map<ReplicaId, ReplicaAssignment> index;

        Listed(Optional<Assignment> of) {
            all = of.map(Assignment::replicas).orElse(List.of());
            self = of.map(Assignment::self).orElse(null);
        }

        @Nullable
        ReplicaAssignment find(ReplicaId replica, int likelyAt) {
            if (likelyAt < all.size() && all.get(likelyAt).replica().equals(replica) && !replica.equals(self)) {
                return all.get(likelyAt);
            }
            return all.isEmpty() ? null : index().get(replica);
        }

        private Map<ReplicaId, ReplicaAssignment> index() {
            Map<ReplicaId, ReplicaAssignment> made = index;
            if (made == null) {
                made = new HashMap<>();
                for (ReplicaAssignment each : all) {
                    if (!each.replica().equals(self)) {
                        made.put(each.replica(), each);
                    }
                }
                index = made;
            }
            return made;
        }

        /** Those that another assignment, in which so many of them stayed, does not list. */
        List<ReplicaId> without(int stayed, Assignment other) {
            if (stayed == Math.max(0, all.size() - 1)) { // an assignment lists the primary's own replica, once
                return List.of();
            }
            Listed now = new Listed(Optional.of(other));
            List<ReplicaId> gone = new ArrayList<>();
            for (ReplicaAssignment each : all) {
                ReplicaId replica = each.replica();
                if (!replica.equals(self) && now.index().get(replica) == null) {
                    gone.add(replica);
                }
            }
            return gone;
        }
    }
}
