package io.resilver.replica;

import io.resilver.replica.FencingGate.Standing;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.time.Duration;
import java.util.Optional;

/** What is said to a token that may not do what it asks. */
final class Refusals {
    private final ReplicaId replica;

    Refusals(ReplicaId replica) {
        this.replica = replica;
    }

    /** The answer to a request whose token is not the one in office. */
    Response answer(Request request, Standing standing, Optional<Epoch> level) {
        Token token = request.token();
        return switch (standing) {
            case LOWER, CONFLICT, LEVEL -> refused(token, level);
            case SHUT -> failed(request, notOpen());
            case HIGHER ->
                failed(
                        request,
                        new PermanentException("session " + token
                                + " must be opened by a fence before it asks anything of " + replica));
            case OTHER_INCARNATION ->
                failed(
                        request,
                        new PermanentException("the store of " + replica + " does not belong to incarnation "
                                + token.incarnation() + " of its volume"));
        };
    }

    Response refused(Token token, Optional<Epoch> level) {
        return new Response.Refused(replica, token, level.map(Epoch::number).orElse(0L), level.map(Epoch::mint));
    }

    Response failed(Request request, RecoveryException why) {
        return new Response.Failed(replica, request.token(), sequenceOf(request), why);
    }

    RetriableException notOpen() {
        return new RetriableException("the store of " + replica + " is not open", Duration.ZERO);
    }

    RetriableException openedTwice(Token token) {
        return new RetriableException(
                "session " + token + " was opened at " + replica + " before: open a new one", Duration.ZERO);
    }

    /** The primary's own writer enters its own store's gate; it has no business on the link. */
    PermanentException ownWriter(Token token) {
        return new PermanentException(
                "token " + token + " is the primary's own writer's: a sender's session is 1 or more");
    }

    /** Something between the hosts lost or repeated a message: the next session begins with all of them (R50). */
    RetriableException outOfSequence(Request.Sequenced request, long expected) {
        return new RetriableException(
                "request " + request.sequence() + " of session " + request.token() + " at " + replica
                        + " came out of sequence: " + expected + " is next",
                Duration.ZERO);
    }

    static long sequenceOf(Request request) {
        return request instanceof Request.Sequenced sequenced ? sequenced.sequence() : 0;
    }
}
