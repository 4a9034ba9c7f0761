package io.resilver.replica;

import io.resilver.replica.link.RequestHandler.ResponseSink;
import io.resilver.replica.link.Response;
import io.resilver.spi.model.Token;

/** One sender's session at one store; touched on the store's strand only. Once ended it says nothing more. */
final class Session {
    private final Token token;
    private final ResponseSink sink;
    private long lastSequence;
    private boolean ended;

    Session(Token token, ResponseSink sink) {
        this.token = token;
        this.sink = sink;
    }

    Token token() {
        return token;
    }

    boolean hasEnded() {
        return ended;
    }

    /** The number of the last request that was accepted. */
    long lastSequence() {
        return lastSequence;
    }

    /** Accepts a request when it is the next one. */
    boolean accepts(long sequence) {
        if (sequence != lastSequence + 1) {
            return false;
        }
        lastSequence = sequence;
        return true;
    }

    void answer(Response response) {
        if (!ended) {
            sink.send(response);
        }
    }

    void end(Response last) {
        answer(last);
        ended = true;
    }
}
