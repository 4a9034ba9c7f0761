package io.resilver.engine;

import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.model.ReplicaId;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a newer assignment changes for the senders of its volume: the replicas other than the primary's own. The order in
 * which replicas are listed means nothing (R4, R6).
 *
 * @param added a sender begins
 * @param removed the sender ends, and releases what it holds
 * @param moved the sender stays and its session ends: another host or endpoint
 * @param dutyChanged something else is asked of the replica
 */
public record AssignmentChange(
        SortedSet<ReplicaId> added,
        SortedSet<ReplicaId> removed,
        SortedSet<ReplicaId> moved,
        SortedSet<ReplicaId> dutyChanged) {

    /**
     * Compares two assignments.
     *
     * @param before the one in force; empty before the first
     * @param after the one that replaces it
     * @return the differences; a replica that is added counts with a duty other than to follow as changed
     */
    public static AssignmentChange between(Optional<Assignment> before, Assignment after) {
        Map<ReplicaId, ReplicaAssignment> old =
                before.map(AssignmentChange::others).orElseGet(TreeMap::new);
        Map<ReplicaId, ReplicaAssignment> now = others(after);
        SortedSet<ReplicaId> added = new TreeSet<>(now.keySet());
        added.removeAll(old.keySet());
        SortedSet<ReplicaId> removed = new TreeSet<>(old.keySet());
        removed.removeAll(now.keySet());
        SortedSet<ReplicaId> moved = new TreeSet<>();
        SortedSet<ReplicaId> dutyChanged = new TreeSet<>();
        for (ReplicaAssignment each : now.values()) {
            ReplicaAssignment was = old.get(each.replica());
            if (was != null
                    && !(was.host().equals(each.host()) && was.endpoint().equals(each.endpoint()))) {
                moved.add(each.replica());
            }
            if (each.duty() != (was == null ? Duty.FOLLOW : was.duty())) {
                dutyChanged.add(each.replica());
            }
        }
        return new AssignmentChange(added, removed, moved, dutyChanged);
    }

    private static Map<ReplicaId, ReplicaAssignment> others(Assignment assignment) {
        Map<ReplicaId, ReplicaAssignment> all = new TreeMap<>();
        for (ReplicaAssignment each : assignment.replicas()) {
            if (!each.replica().equals(assignment.self())) {
                all.put(each.replica(), each);
            }
        }
        return all;
    }
}
