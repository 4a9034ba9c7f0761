package io.resilver.replica;

import io.resilver.spi.driver.Admission;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Token;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The gate of a store as those who pass it see it (R2). {@link FencingGate} is the only one that there is, and says what
 * each method guarantees; what watches a gate stands before it. Thread safe; no method blocks.
 */
public interface StoreGate {
    /**
     * Opens the gate to those who fence from now on; still nobody may enter.
     *
     * @param promised what the store has durably promised, or empty when the volume has had no epoch yet
     */
    void open(Optional<Epoch> promised);

    /**
     * The gate stays shut for now, since the store keeps to a promise that the record's epoch conflicts with. Whoever comes by that other term
     * is told, so that a higher one is minted: else both would stay as they are, for ever (R42). Once the gate was opened, it changes
     * nothing.
     *
     * @param promised what the store has promised
     */
    void keepsTo(Epoch promised);

    /**
     * Whether {@link #open} was called, also when the gate was shut since.
     *
     * @return true from then on
     */
    boolean wasOpened();

    /**
     * Closes the gate for good.
     *
     * @return completes once all that were admitted have left
     */
    CompletionStage<Void> shut();

    /**
     * Lets one change in.
     *
     * @param token by whose right
     * @return a pass, which the caller closes when the change is made
     * @throws FencedException when it is not the token in office
     */
    Admission enter(Token token) throws FencedException;

    /**
     * Shuts out every lower token, at once. Who was admitted before may finish.
     *
     * @param token the new level
     * @return whether it closed, and if so when the store is quiet
     */
    FencingGate.Closing closeBelow(Token token);

    /**
     * Lets a token in from now on: its promise is durable.
     *
     * @param token one that has closed the gate
     * @return false when a higher one has closed it since
     */
    boolean admit(Token token);

    /**
     * Ends a session: its token enters no more, and stays the level.
     *
     * @param token the session's token; another one changes nothing
     */
    void retire(Token token);

    /**
     * How a token stands now.
     *
     * @param token any token
     * @return its standing
     */
    FencingGate.Standing standingOf(Token token);

    /**
     * Whether a token could enter now.
     *
     * @param token any token
     * @return true for the token in office
     */
    boolean isCurrent(Token token);

    /**
     * The epoch to which the gate is bound.
     *
     * @return the epoch, or empty before the first
     */
    Optional<Epoch> level();

    /**
     * Tells of a refusal.
     *
     * @param token who was refused
     * @param standing how it stood
     * @param level the epoch to which the gate was bound
     */
    void tell(Token token, FencingGate.Standing standing, Optional<Epoch> level);
}
