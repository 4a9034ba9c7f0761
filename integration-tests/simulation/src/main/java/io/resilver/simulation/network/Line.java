package io.resilver.simulation.network;

import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/** One stream from a sender to a replica, and its answers. */
final class Line implements ReplicaConnector.Stream {
    private final Network network;
    private final HostId from;
    private final SimulatedProcess process;
    private final Network.Listening there;
    private final ReplicaId replica;
    private final ReplicaConnector.Listener listener;
    private final Lane<Runnable> up;
    private final Lane<Response> down;
    private boolean closed;

    Line(
            Network network,
            HostId from,
            SimulatedProcess process,
            Network.Listening there,
            ReplicaId replica,
            ReplicaConnector.Listener listener) {
        this.network = network;
        this.from = from;
        this.process = process;
        this.there = there;
        this.replica = replica;
        this.listener = listener;
        this.down = new Lane<>(
                Network.direction(there.host(), from),
                response -> process.workers().execute(() -> {
                    if (!closed) {
                        listener.received(response);
                    }
                }));
        this.up = new Lane<>(
                Network.direction(from, there.host()),
                word -> there.process().workers().execute(word));
    }

    boolean touches(SimulatedProcess other) {
        return process == other || there.process() == other;
    }

    boolean goes(HostId one, HostId other) {
        return from.equals(one) && there.host().equals(other);
    }

    boolean isOf(HostId host) {
        return from.equals(host) || there.host().equals(host);
    }

    @Override
    public void send(Request request) {
        if (!closed) {
            up.post(() -> there.handler().handle(request, down::post));
        }
    }

    void release() {
        up.release();
        down.release();
    }

    void reset(String why) {
        network.ended(this);
        up.drop();
        down.drop();
        there.process().workers().execute(() -> there.handler().lost(replica, from));
        process.workers().execute(() -> {
            if (!closed) {
                closed = true;
                listener.closed(new RetriableException(why, Duration.ZERO));
            }
        });
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        up.post(
                () -> { // behind all that was sent before
                    network.ended(this);
                    there.handler().left(replica, from);
                });
    }

    /** One direction. */
    private final class Lane<T> {
        private final String direction;
        private final Consumer<T> arrival;
        private final ArrayDeque<T> held = new ArrayDeque<>();
        private long lastAtNanos;
        private boolean dropped;

        Lane(String direction, Consumer<T> arrival) {
            this.direction = direction;
            this.arrival = arrival;
        }

        void post(T message) {
            if (dropped) {
                return;
            }
            network.sentOne();
            switch (network.delivery(direction)) {
                case ONCE -> comes(message);
                case LOST -> {}
                case TWICE -> {
                    comes(message);
                    comes(message);
                }
                case OVERTAKEN ->
                    network.agenda().after(network.delayNanos() + network.overtakenNanos(), () -> arrive(message));
            }
        }

        private void comes(T message) {
            long now = network.agenda().nanos();
            lastAtNanos = Math.max(lastAtNanos + 1, now + network.delayNanos());
            network.agenda().after(lastAtNanos - now, () -> arrive(message));
        }

        private void arrive(T message) {
            if (dropped) {
                return;
            }
            if (network.isCut(direction) || !held.isEmpty()) {
                held.add(message);
                network.heldOne(direction, held.size());
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
