package io.resilver.coordination;

import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import java.util.Optional;

/** What a change of a record needs to know of the host that makes it. Thread safe; does not block. */
public interface HostPresence {
    /**
     * Who this host is.
     *
     * @return the stable id
     */
    HostId host();

    /**
     * Where it listens.
     *
     * @return the endpoint that goes into records
     */
    Endpoint endpoint();

    /**
     * Its node, whose existence every change checks (R35).
     *
     * @return the node in the session in force, or empty while there is none
     */
    Optional<HostNode> node();

    /**
     * Whether the lease holds (R38).
     *
     * @return true while this host may mint and change sets
     */
    boolean mayDecide();

    /** A change found the host's node missing: look at once instead of at the next heartbeat. */
    void suspect();
}
