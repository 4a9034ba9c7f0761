package io.resilver.replica;

import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;

/** What a host hears of its stores. Called on a store's strand; must not block. */
public interface ReplicaListener {
    /**
     * A store has durably promised a higher epoch: whoever led its volume from this host is deposed.
     *
     * @param replica whose store
     * @param epoch the promise
     */
    void epochRaised(ReplicaId replica, Epoch epoch);

    /**
     * A token was refused.
     *
     * @param replica at whose store
     * @param token the token
     * @param promisedEpoch what the store has promised
     * @param conflict whether it has the same number and another mint id (R3)
     */
    void tokenRefused(ReplicaId replica, Token token, long promisedEpoch, boolean conflict);

    /**
     * The primary gave a sign of life under the current token.
     *
     * @param replica whose store heard it
     */
    void heardFromPrimary(ReplicaId replica);

    /**
     * A store was flushed.
     *
     * @param nanos how long it took
     */
    void forced(long nanos);
}
