package io.resilver.replica;

import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.util.Optional;

/**
 * What happens at a store that others should hear of. Called by any thread and with no lock held; must neither block nor
 * throw.
 */
public interface ReplicaEvents {
    /**
     * A store has durably promised a higher epoch.
     *
     * @param replica whose store
     * @param epoch the new promise
     */
    void epochRaised(ReplicaId replica, Epoch epoch);

    /**
     * A store let in a token that is not the one that changed it last. Told before the change is made, and before anybody
     * with a higher token is let in.
     *
     * @param replica whose store
     * @param token by whose right
     */
    void tokenAccepted(ReplicaId replica, Token token);

    /**
     * A store refused a token that is too low, or of another incarnation of the volume.
     *
     * @param replica whose store
     * @param token what was refused
     * @param promised the epoch to which the store is bound, or empty before the first
     */
    void tokenRefused(ReplicaId replica, Token token, Optional<Epoch> promised);

    /**
     * Two terms carry one number and different mint ids (R3, R42): somebody must hear of it.
     *
     * @param replica whose store
     * @param found the term that was refused
     * @param promised the term to which the store is bound
     */
    void mintConflict(ReplicaId replica, Epoch found, Epoch promised);

    /**
     * The primary in office gave a sign of life (R39).
     *
     * @param replica whose store
     * @param token its session
     */
    void heardFromPrimary(ReplicaId replica, Token token);

    /**
     * A connection broke over which a host had sent to the store: how a primary's crash is noticed first (R39).
     *
     * @param replica whose store
     * @param from the host at the other end
     */
    void linkLost(ReplicaId replica, HostId from);

    /**
     * A host has closed a stream over which it had a session with the store: that one is over, and perhaps its term (R39).
     *
     * @param replica whose store
     * @param from the host at the other end
     */
    void senderLeft(ReplicaId replica, HostId from);

    /**
     * A task of a store threw what none should throw. The store goes on.
     *
     * @param replica whose store
     * @param bug what it threw
     */
    void defect(ReplicaId replica, Throwable bug);

    /**
     * A store was forced to its disk.
     *
     * @param nanos how long it took
     */
    void forced(long nanos);
}
