package io.resilver.simulation.guard;

import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;

/** Streams on which an entry that was sent is taken for one that arrived: where the stream ends, nobody asks. */
record SentCounts(ReplicaConnector real) implements ReplicaConnector {
    @Override
    public Stream open(HostId host, Endpoint endpoint, ReplicaId replica, Listener listener) {
        Stream stream = real.open(host, endpoint, replica, new Listener() {
            @Override
            public void received(Response response) {
                if (!(response instanceof Response.Durable)) {
                    listener.received(response);
                }
            }

            @Override
            public void closed(RecoveryException why) {
                listener.closed(why);
            }
        });
        return new Stream() {
            @Override
            public void send(Request request) {
                stream.send(request);
                if (request instanceof Request.Append append) {
                    listener.received(new Response.Durable(
                            replica,
                            append.token(),
                            append.sequence(),
                            append.batch().last().lsn()));
                }
            }

            @Override
            public void close() {
                stream.close();
            }
        };
    }
}
