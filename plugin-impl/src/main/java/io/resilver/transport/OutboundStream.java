package io.resilver.transport;

import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sending end of a stream. Its numbers are touched on the link's loop only. */
final class OutboundStream implements ReplicaConnector.Stream {
    private static final Logger LOG = LoggerFactory.getLogger(OutboundStream.class);

    private final OutboundLink link;
    private final ReplicaId replica;
    private final ReplicaConnector.Listener listener;
    private volatile boolean ended;
    /** The stream's number on its connection; given when it opens. */
    int id;
    /** Frames sent, and received. */
    long sent;

    long received;

    OutboundStream(OutboundLink link, ReplicaId replica, ReplicaConnector.Listener listener) {
        this.link = link;
        this.replica = replica;
        this.listener = listener;
    }

    ReplicaId replica() {
        return replica;
    }

    boolean hasEnded() {
        return ended;
    }

    ReplicaConnector.Listener listener() {
        return listener;
    }

    @Override
    public void send(Request request) {
        if (!request.replica().equals(replica)) {
            throw new IllegalArgumentException(
                    "a request for " + request.replica() + " does not belong to the stream of " + replica);
        }
        if (!ended) {
            link.send(this, request);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
        }
        link.closed(this);
    }

    /** Ends the stream from below, on the loop; false when it had ended already. */
    boolean end(RecoveryException why) {
        synchronized (this) {
            if (ended) {
                return false;
            }
            ended = true;
        }
        try {
            listener.closed(why);
        } catch (RuntimeException e) {
            LOG.error("the listener of {} threw when its stream ended", replica, e);
        }
        return true;
    }
}
