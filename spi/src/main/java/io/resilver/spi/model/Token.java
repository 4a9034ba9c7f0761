package io.resilver.spi.model;

import io.resilver.spi.Api;

/**
 * The right to change one store: the primary's term and the number of the session that it opened. A store admits
 * nothing with a token that is lower than one it has seen (R2).
 *
 * @param incarnation the volume's incarnation; tokens of another incarnation never compare
 * @param epoch the primary's term
 * @param session 0 for the primary's own writer; 1 or more for a sender's session, rising within the epoch (R5)
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record Token(Incarnation incarnation, Epoch epoch, long session) {
    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException when a part is missing or the session is negative
     */
    public Token {
        if (incarnation == null || epoch == null) {
            throw new IllegalArgumentException("a token needs an incarnation and an epoch");
        }
        if (session < 0) {
            throw new IllegalArgumentException("session " + session + " is negative");
        }
    }

    @Override
    public String toString() {
        return epoch + "#" + session;
    }
}
