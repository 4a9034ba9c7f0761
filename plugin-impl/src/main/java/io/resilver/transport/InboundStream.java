package io.resilver.transport;

import io.resilver.replica.link.RequestHandler;
import io.resilver.replica.link.Response;
import io.resilver.spi.model.ReplicaId;

/** The receiving end of a stream. All but {@link #send} is touched on the link's loop only. */
final class InboundStream implements RequestHandler.ResponseSink {
    private final InboundLink link;
    private final int id;
    private final ReplicaId replica;
    private volatile boolean ended;
    private volatile boolean hadSession;
    /** Frames received, and sent. */
    long received;

    long sent;
    /** What its handler has under way, by weight. */
    long underWay;

    InboundStream(InboundLink link, int id, ReplicaId replica) {
        this.link = link;
        this.id = id;
        this.replica = replica;
        this.received = 1; // the frame that opened it
    }

    int id() {
        return id;
    }

    ReplicaId replica() {
        return replica;
    }

    void end() {
        ended = true;
    }

    boolean hasEnded() {
        return ended;
    }

    /** Whether a sender's session was opened over it. */
    boolean hadSession() {
        return hadSession;
    }

    @Override
    public void send(Response response) {
        if (response instanceof Response.Fenced) {
            hadSession = true;
        }
        if (!ended) {
            link.send(this, response);
        }
    }
}
