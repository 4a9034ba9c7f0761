package io.resilver.host;

import io.resilver.execution.Counting;
import io.resilver.execution.Membership;
import io.resilver.execution.Planning;
import io.resilver.execution.VolumeLeader.LocalGate;
import io.resilver.replica.StoreGate;
import io.resilver.spi.model.ReplicaId;

/**
 * The collaborators that keep a host's stores safe, where they are wired in. The host makes each of them, and
 * {@link #SOUND} hands it through. It is a parameter so that a verification can put another in the place of one of them and
 * see what breaks (docs/verification.md); no configuration leads here.
 */
public interface HostWiring {
    /** Everything as it is. */
    HostWiring SOUND = new HostWiring() {};

    /**
     * The gate of a store (R2).
     *
     * @param store whose store
     * @param real the gate that was made for it
     * @return the gate that guards it
     */
    default StoreGate gate(ReplicaId store, StoreGate real) {
        return real;
    }

    /**
     * How the primary's own writer enters its store (R2).
     *
     * @param real through the store's gate
     * @return how it enters
     */
    default LocalGate ownWriter(LocalGate real) {
        return real;
    }

    /**
     * The in-sync set of a term (R30, R31).
     *
     * @param real the one of the volume's record, or of the assignment
     * @return the one that the term asks
     */
    default Membership membership(Membership real) {
        return real;
    }

    /**
     * What the facts allow a session to do (R8, R9).
     *
     * @return the planner's own
     */
    default Planning planning() {
        return Planning.SOUND;
    }

    /**
     * Whose copy counts in a term (R30, R31).
     *
     * @return the rule as it is
     */
    default Counting counting() {
        return Counting.SOUND;
    }
}
