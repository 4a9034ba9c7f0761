package io.resilver.simulation.guard;

import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import java.util.function.UnaryOperator;

/** Streams whose answers are taken for other ones. */
record Rewriting(ReplicaConnector real, UnaryOperator<Response> as) implements ReplicaConnector {
    @Override
    public Stream open(HostId host, Endpoint endpoint, ReplicaId replica, Listener listener) {
        return real.open(host, endpoint, replica, new Listener() {
            @Override
            public void received(Response response) {
                listener.received(as.apply(response));
            }

            @Override
            public void closed(RecoveryException why) {
                listener.closed(why);
            }
        });
    }
}
