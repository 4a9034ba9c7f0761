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

    @Override
    public void send(Response response) {
        if (!ended) {
            link.send(this, response);
        }
    }
}
