package io.resilver.replica.link;

import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import java.util.concurrent.CompletionStage;

/** The receiving side of a host: takes requests for the stores that it holds. Thread safe. */
public interface RequestHandler {
    /**
     * Takes a request. Requests of one stream come in the order in which they were sent. Must not block.
     *
     * @param request what was asked; it owns its buffers
     * @param back where answers to this stream go, valid as long as the stream
     * @return completes when the request was dealt with and nothing reads its buffers any more: until then its bytes count
     *     against the stream's window, and from then on those of a range may be written over; it never fails
     */
    CompletionStage<Void> handle(Request request, ResponseSink back);

    /**
     * The connection is gone over which a host had opened a stream to a replica, whichever end or network ended it. A hint: it
     * says nothing of the other streams of that host. Must not block.
     *
     * @param replica whose stream
     * @param from the host at the other end
     */
    default void lost(ReplicaId replica, HostId from) {}

    /**
     * A host has closed a stream over which it had a session with a replica, over a connection that lives on: one session of
     * many, or the end of its term. A hint. Must not block.
     *
     * @param replica whose stream
     * @param from the host at the other end
     */
    default void left(ReplicaId replica, HostId from) {}

    /** Where answers go. Thread safe; does not block; after the stream's end it does nothing. */
    interface ResponseSink {
        /**
         * Sends an answer.
         *
         * @param response the answer
         */
        void send(Response response);
    }
}
