package io.resilver.transport;

import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Streams over a few shared connections to each peer. A connection is dialled for the first stream that needs it and
 * ends with its last one. Nobody redials here: whoever owns a stream opens it again.
 */
public final class NettyConnector implements ReplicaConnector, AutoCloseable {
    private final EventLoops loops;
    private final HostId self;
    private final Executor lookups;
    private final TransportOptions options;
    private final Object lock = new Object();
    private final Map<Peer, List<OutboundLink>> links = new HashMap<>();
    private boolean closed;

    private record Peer(HostId host, Endpoint endpoint) {}

    /**
     * A connector without connections.
     *
     * @param loops the host's loops, which the caller closes after this
     * @param self this host
     * @param lookups looks up names, which may block; also tells of streams that could not be opened
     * @param options the bounds
     */
    public NettyConnector(EventLoops loops, HostId self, Executor lookups, TransportOptions options) {
        this.loops = loops;
        this.self = self;
        this.lookups = lookups;
        this.options = options;
    }

    /**
     * {@inheritDoc}
     *
     * <p>The listener is called on one of the loops. A stream ends with a {@link
     * io.resilver.spi.error.RetriableException} when its connection breaks or cannot be made, with a {@link
     * io.resilver.spi.error.PermanentException} when another host answers, no protocol version fits, or a request is too
     * long for a frame, and with a {@link ResourceExhaustedException} when it or this connector is past a bound.
     */
    @Override
    public Stream open(HostId host, Endpoint endpoint, ReplicaId replica, Listener listener) {
        Peer peer = new Peer(host, endpoint);
        Optional<OutboundLink> made = Optional.empty();
        OutboundLink link;
        synchronized (lock) {
            List<OutboundLink> there = closed ? List.of() : links.getOrDefault(peer, List.of());
            Optional<OutboundLink> emptiest = there.stream().min(Comparator.comparingInt(each -> each.placed));
            if (!closed && there.size() < options.connectionsPerPeer()) {
                link = new OutboundLink(
                        loops.next(),
                        options,
                        self,
                        host,
                        endpoint,
                        ended -> forget(peer, ended),
                        left -> leave(peer, left));
                links.computeIfAbsent(peer, p -> new ArrayList<>()).add(link);
                made = Optional.of(link);
            } else if (emptiest.isPresent() && emptiest.get().placed < options.streamsPerConnection()) {
                link = emptiest.get();
            } else {
                return refused(listener, closed ? closing() : full(peer));
            }
            link.placed++;
        }
        made.ifPresent(each -> each.dial(lookups));
        OutboundStream stream = new OutboundStream(link, replica, listener);
        link.open(stream);
        return stream;
    }

    /** Ends every stream with a {@link CancelledException} and every connection. Idempotent; does not block. */
    @Override
    public void close() {
        List<OutboundLink> open = new ArrayList<>();
        synchronized (lock) {
            closed = true;
            links.values().forEach(open::addAll);
        }
        open.forEach(link -> link.end(closing()));
    }

    private void leave(Peer peer, OutboundLink link) {
        boolean last;
        synchronized (lock) {
            last = --link.placed == 0;
            if (last) {
                forget(peer, link); // in the same turn, so that no stream is placed here any more
            }
        }
        if (last) {
            link.end(new CancelledException("the last stream of the connection was closed"));
        }
    }

    private void forget(Peer peer, OutboundLink link) {
        synchronized (lock) {
            links.computeIfPresent(peer, (p, there) -> {
                there.remove(link);
                return there.isEmpty() ? null : there;
            });
        }
    }

    private Stream refused(Listener listener, RecoveryException why) {
        AtomicBoolean over = new AtomicBoolean();
        lookups.execute(() -> {
            if (!over.getAndSet(true)) {
                listener.closed(why);
            }
        });
        return new Stream() {
            @Override
            public void send(Request request) {} // after the end it does nothing

            @Override
            public void close() {
                over.set(true);
            }
        };
    }

    private static CancelledException closing() {
        return new CancelledException("this host is closing its connections");
    }

    private ResourceExhaustedException full(Peer peer) {
        return new ResourceExhaustedException(
                "host " + peer.host() + " at " + peer.endpoint() + " has " + options.connectionsPerPeer()
                        + " connections with " + options.streamsPerConnection() + " streams each already",
                "streams");
    }
}
