package io.resilver.replica.link;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;

/** Opens streams to replicas on other hosts. Thread safe. */
public interface ReplicaConnector {
    /**
     * Opens a stream. Does not block: requests may be sent at once, and a host that cannot be reached closes the stream.
     *
     * @param host who must answer there
     * @param endpoint where it listens
     * @param replica whose stream it is
     * @param listener hears of answers and of the end
     * @return the stream, which the caller closes
     */
    Stream open(HostId host, Endpoint endpoint, ReplicaId replica, Listener listener);

    /** The sending half of a stream. Thread safe. */
    interface Stream {
        /**
         * Sends a request, in order with the others. Does not block; the caller bounds what is under way (R51). After the
         * end it does nothing.
         *
         * @param request what to send; its buffers belong to the stream from now on, those of a range until an answer
         *     covers it: what was delivered is not sent once more
         */
        void send(Request request);

        /** Ends the stream. Idempotent; the listener hears no more. */
        void close();
    }

    /** The receiving half. Called by any thread, one call at a time; must not block. */
    interface Listener {
        /**
         * An answer came.
         *
         * @param response the answer
         */
        void received(Response response);

        /**
         * The stream has ended; nothing comes after this. Called at most once, and not after {@link Stream#close}.
         *
         * @param why the connection's error
         */
        void closed(RecoveryException why);
    }
}
