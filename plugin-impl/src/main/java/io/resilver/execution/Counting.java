package io.resilver.execution;

import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Whose copy counts in a term, and from when on (R30, R31, R37). There is one implementation, {@link #SOUND}; a verification puts another in its
 * place to see what breaks.
 */
public interface Counting {
    /** The rule as it is. */
    Counting SOUND = new Counting() {};

    /**
     * Who must have an entry before it is committed: the larger set, as long as a change of it is not settled.
     *
     * @param self the primary's own replica
     * @param members of the record
     * @param held joiners that are near, for which commits wait
     * @param joining joiners that the record was asked to take in
     * @return all of them
     */
    default Set<ReplicaId> required(
            ReplicaId self, Set<ReplicaId> members, Set<ReplicaId> held, Set<ReplicaId> joining) {
        Set<ReplicaId> all = new HashSet<>(members);
        all.add(self);
        all.addAll(held);
        all.addAll(joining);
        return Set.copyOf(all);
    }

    /**
     * Whether a term is old enough to acknowledge anything: a host that led before, and was removed before it could be fenced, may
     * serve reads until its read lease is over, and would not show what this term acknowledges (R37).
     *
     * @param led since the own store's gate was closed to older tokens
     * @param readLease the longest that anybody serves reads without an answer
     * @return whether every lease that an earlier term may have is over, whatever is known of it
     */
    default boolean mayAcknowledge(Duration led, Duration readLease) {
        return led.compareTo(readLease) >= 0;
    }
}
