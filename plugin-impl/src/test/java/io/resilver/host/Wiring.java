package io.resilver.host;

import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.HostPresence;
import io.resilver.execution.Membership;
import io.resilver.execution.VolumeLeader;
import io.resilver.replica.StoreGate;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.model.ReplicaId;

/** The collaborators of a simulated host, as they are; a control puts another in the place of one of them. */
interface Wiring {
    /** Everything as the driver has it. */
    Wiring SOUND = new Wiring() {};

    /** What is known of the coordination service. */
    default CoordinationStore store(CoordinationStore real, HostRuntime runtime, ReplicaId self) {
        return real;
    }

    /** The gate of a store. */
    default StoreGate gate(StoreGate real) {
        return real;
    }

    /** How the primary's own writer enters its store. */
    default VolumeLeader.LocalGate ownWriter(VolumeLeader.LocalGate real) {
        return real;
    }

    /** The in-sync set of a term. */
    default Membership membership(Membership real) {
        return real;
    }

    /** Whether a read may be served now. */
    default boolean mayRead(Leadership term, HostPresence presence) {
        return term.mayServeReads();
    }
}
