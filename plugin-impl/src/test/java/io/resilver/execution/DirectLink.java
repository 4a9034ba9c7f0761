package io.resilver.execution;

import io.resilver.replica.ReplicaServer;
import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Carries messages between a leader and stores in the same process, in order, and loses those that a test names. */
final class DirectLink implements ReplicaConnector {
    final List<Request> requests = new ArrayList<>();
    final Set<ReplicaId> unreachable = new HashSet<>();
    /** Requests that never arrive. */
    Predicate<Request> lostRequests = request -> false;
    /** Answers that never arrive. */
    Predicate<Response> lostAnswers = response -> false;

    private final HostRuntime runtime;
    private final ReplicaServer server;
    private final List<Line> open = new ArrayList<>();
    /** Every stream that there ever was: what was under way on one of them may come late. */
    private final List<Line> all = new ArrayList<>();

    DirectLink(HostRuntime runtime, ReplicaServer server) {
        this.runtime = runtime;
        this.server = server;
    }

    int openStreams() {
        return open.size();
    }

    /** Where the open streams to a replica lead. */
    List<Endpoint> streamsTo(ReplicaId replica) {
        return open.stream()
                .filter(line -> line.replica.equals(replica))
                .map(line -> line.endpoint)
                .toList();
    }

    /** An answer comes late, on every stream to its replica that there ever was. */
    void injectLate(Response response) {
        List.copyOf(all).stream()
                .filter(line -> line.replica.equals(response.replica()))
                .forEach(line -> line.listener.received(response));
    }

    /** Every stream to a replica ends with a typed error. */
    void cut(ReplicaId replica) {
        List.copyOf(open).stream()
                .filter(line -> line.replica.equals(replica))
                .forEach(line -> line.end("the connection was cut"));
    }

    /** An answer comes that the store did not send. */
    void inject(Response response) {
        List.copyOf(open).stream()
                .filter(line -> line.replica.equals(response.replica()))
                .forEach(line -> line.listener.received(response));
    }

    <T extends Request> List<T> sent(Class<T> kind, ReplicaId to) {
        return requests.stream()
                .filter(kind::isInstance)
                .filter(request -> request.replica().equals(to))
                .map(kind::cast)
                .toList();
    }

    @Override
    public Stream open(HostId host, Endpoint endpoint, ReplicaId replica, Listener listener) {
        Line line = new Line(endpoint, replica, listener);
        open.add(line);
        all.add(line);
        if (unreachable.contains(replica)) {
            runtime.workers().execute(() -> line.end("nobody listens at " + endpoint));
        }
        return line;
    }

    private final class Line implements Stream {
        private final Endpoint endpoint;
        private final ReplicaId replica;
        private final Listener listener;
        private boolean closed;

        Line(Endpoint endpoint, ReplicaId replica, Listener listener) {
            this.endpoint = endpoint;
            this.replica = replica;
            this.listener = listener;
        }

        @Override
        public void send(Request request) {
            requests.add(request);
            if (closed || unreachable.contains(replica) || lostRequests.test(request)) {
                return;
            }
            runtime.workers().execute(() -> server.handle(request, this::back));
        }

        private void back(Response response) {
            runtime.workers().execute(() -> {
                if (!closed && !lostAnswers.test(response)) {
                    listener.received(response);
                }
            });
        }

        private void end(String why) {
            if (!closed) {
                close();
                listener.closed(new RetriableException(why, Duration.ZERO));
            }
        }

        @Override
        public void close() {
            closed = true;
            open.remove(this);
        }
    }
}
