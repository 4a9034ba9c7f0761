package io.resilver.host;

import io.resilver.replica.ManualRuntime;
import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Streams between hosts as TCP has them: in order, late, and kept back while one direction is cut. What a cut kept back
 * arrives when it is over, or the stream is reset. A stream that was closed has its last requests still under way.
 */
final class WorldNetwork {
    private static final int SLOWEST_MS = 20;

    private final ManualRuntime runtime;
    private final Random random;
    private final Set<String> cuts = new HashSet<>();
    private final List<Line> lines = new ArrayList<>();

    WorldNetwork(ManualRuntime runtime, Random random) {
        this.runtime = runtime;
        this.random = random;
    }

    /** Nothing arrives any more in one direction. */
    void cut(String from, String to) {
        cuts.add(from + ">" + to);
    }

    void heal() {
        cuts.clear();
        for (Line each : List.copyOf(lines)) {
            if (random.nextBoolean()) {
                each.release();
            } else {
                each.reset("the connection was reset");
            }
        }
    }

    /** Every stream of a process that died is reset. */
    void reset(WorldHost host) {
        List.copyOf(lines).stream()
                .filter(each -> each.from == host || each.to == host)
                .forEach(each -> each.reset("the process is gone"));
    }

    /** Opens a stream to the process that runs on a host now. */
    ReplicaConnector.Stream open(WorldHost from, WorldHost to, ReplicaId replica, ReplicaConnector.Listener listener) {
        Line line = new Line(from, to, replica, listener);
        lines.add(line);
        if (!to.serves(replica)) {
            line.reset("nobody listens there");
        }
        return line;
    }

    private final class Line implements ReplicaConnector.Stream {
        private final WorldHost from;
        private final WorldHost to;
        private final ReplicaConnector.Listener listener;
        private final Lane<Request> up;
        private final Lane<Response> down;
        private final Runnable lost;
        private boolean closed;

        Line(WorldHost from, WorldHost to, ReplicaId replica, ReplicaConnector.Listener listener) {
            this.from = from;
            this.to = to;
            this.listener = listener;
            HostTime caller = from.time();
            WorldHost.Serving serving = to.serving();
            this.lost = () -> serving.lost(replica, new HostId(from.name()));
            this.down = new Lane<>(
                    to.name() + ">" + from.name(),
                    response -> caller.workers().execute(() -> {
                        if (!closed) {
                            listener.received(response);
                        }
                    }));
            this.up = new Lane<>(from.name() + ">" + to.name(), request -> serving.handle(request, down::post));
        }

        @Override
        public void send(Request request) {
            if (!closed) {
                up.post(request);
            }
        }

        void release() {
            up.release();
            down.release();
        }

        void reset(String why) {
            lines.remove(this);
            up.drop();
            down.drop();
            lost.run();
            from.time().workers().execute(() -> {
                if (!closed) {
                    closed = true;
                    listener.closed(new RetriableException(why, Duration.ZERO));
                }
            });
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    /** One direction of a stream. */
    private final class Lane<T> {
        private final String direction;
        private final Consumer<T> arrival;
        private final ArrayDeque<T> held = new ArrayDeque<>();
        private long lastAt;
        private boolean dropped;

        Lane(String direction, Consumer<T> arrival) {
            this.direction = direction;
            this.arrival = arrival;
        }

        void post(T message) {
            long now = runtime.clock().nanos();
            long delay = Duration.ofMillis(1 + random.nextInt(SLOWEST_MS)).toNanos();
            lastAt = Math.max(lastAt + 1, now + delay);
            runtime.after(Duration.ofNanos(lastAt - now), () -> arrive(message));
        }

        private void arrive(T message) {
            if (dropped) {
                return;
            }
            if (cuts.contains(direction) || !held.isEmpty()) {
                held.add(message);
            } else {
                arrival.accept(message);
            }
        }

        void release() {
            while (!held.isEmpty()) {
                arrival.accept(held.remove());
            }
        }

        void drop() {
            dropped = true;
            held.clear();
        }
    }
}
