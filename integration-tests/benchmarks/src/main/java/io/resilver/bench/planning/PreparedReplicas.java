package io.resilver.bench.planning;

import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;

/** The replicas of a volume, which answer at once: each stands where the facts say, and all that comes is durable. */
final class PreparedReplicas implements ReplicaConnector {
    private static final StoreIdentity STORE = new StoreIdentity(new StoreId("store"), 1);

    private final Facts facts;
    private int open;

    PreparedReplicas(Facts facts) {
        this.facts = facts;
    }

    int streamsOpen() {
        return open;
    }

    @Override
    public Stream open(HostId host, Endpoint endpoint, ReplicaId replica, Listener listener) {
        open++;
        return new Answering(listener);
    }

    private final class Answering implements Stream {
        private final Listener listener;

        Answering(Listener listener) {
            this.listener = listener;
        }

        @Override
        public void send(Request request) {
            if (request instanceof Request.Fence fence) {
                listener.received(
                        new Response.Fenced(fence.replica(), fence.token(), "prepared", STORE, facts.position()));
            } else if (request instanceof Request.Append append) {
                EntryBatch batch = append.batch();
                long lsn =
                        batch.isEmpty() ? batch.previous().lsn() : batch.last().lsn();
                listener.received(new Response.Durable(append.replica(), append.token(), append.sequence(), lsn));
            } else if (request instanceof Request.Ask ask) { // a leader looks at its replicas from time to time
                listener.received(new Response.Answered(ask.replica(), ask.token(), ask.question()));
            } else {
                throw new IllegalStateException("a catch-up does not ask " + request);
            }
        }

        @Override
        public void close() {
            open--;
        }
    }
}
