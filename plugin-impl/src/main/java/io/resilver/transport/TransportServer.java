package io.resilver.transport;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.resilver.replica.link.RequestHandler;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.HostId;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens for the senders of other hosts and hands their requests to the handler. Thread safe. */
public final class TransportServer implements AutoCloseable {
    /** The key that names the port, for messages. */
    public static final String PORT_KEY = "resilver.transport.port";

    /** The key that names the address, for messages. */
    private static final String ADDRESS_KEY = "resilver.transport.address";

    private static final Logger LOG = LoggerFactory.getLogger(TransportServer.class);

    /** Connections that the kernel holds until they are accepted; enough for all peers to come back at once. */
    private static final int BACKLOG = 1_024;

    /**
     * Connections that one host may have, as a multiple of those over which it spreads its streams: what broke counts until
     * it is noticed, and a host that restarts again and again must get in.
     */
    static final int TIMES_PER_PEER = 8;

    private final HostId self;
    private final RequestHandler handler;
    private final TransportOptions options;
    private final Object lock = new Object();
    private final Set<InboundLink> links = new HashSet<>();
    private final Map<HostId, Set<InboundLink>> greeted = new HashMap<>();
    private boolean closed;
    private @Nullable Channel listening;

    private TransportServer(HostId self, RequestHandler handler, TransportOptions options) {
        this.self = self;
        this.handler = handler;
        this.options = options;
    }

    /**
     * Begins to listen. Blocks until the port is bound.
     *
     * @param loops the host's loops, which the caller closes after this
     * @param address where to listen; port 0 takes any free one
     * @param self this host: whoever means another is refused
     * @param handler takes the requests, on one of the loops
     * @param options the bounds
     * @return the server, which the caller closes
     * @throws PermanentException naming address, port and key when the port cannot be bound
     */
    public static TransportServer open(
            EventLoops loops, InetSocketAddress address, HostId self, RequestHandler handler, TransportOptions options)
            throws PermanentException {
        TransportServer server = new TransportServer(self, handler, options);
        ChannelFuture bound = new ServerBootstrap()
                .group(loops.group())
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        server.accept(channel);
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new PermanentException(
                    "cannot listen on " + address.getHostString() + " port " + address.getPort() + ": "
                            + (address.isUnresolved()
                                    ? "no such address is known"
                                    : bound.cause().getMessage())
                            + "; free the port or set " + PORT_KEY + " to another, and " + ADDRESS_KEY
                            + " to an address of this machine",
                    bound.cause());
        }
        server.listening = bound.channel();
        return server;
    }

    /**
     * Where it listens.
     *
     * @return the bound address, with the real port
     */
    public InetSocketAddress address() {
        Channel channel = listening;
        if (channel == null) {
            throw new IllegalStateException("a server that was opened has its channel");
        }
        return (InetSocketAddress) channel.localAddress();
    }

    /**
     * How many connections are open, those included whose peer has not said yet who it is.
     *
     * @return a number of this moment
     */
    public int connections() {
        synchronized (lock) {
            return links.size();
        }
    }

    private void accept(Channel channel) {
        InboundLink link = new InboundLink(
                channel.eventLoop(), options, self, String.valueOf(channel.remoteAddress()), this::greet, handler);
        synchronized (lock) {
            if (closed || links.size() >= options.acceptedConnections()) {
                LOG.debug("refused a connection from {}: {} are open", channel.remoteAddress(), links.size());
                Connection.close(channel);
                return;
            }
            links.add(link);
        }
        channel.closeFuture().addListener(ended -> forget(link));
        link.attach(channel);
    }

    /** A peer has said who it is: one host alone cannot take the connections of all (R54). */
    private Optional<RecoveryException> greet(InboundLink link, HostId peer) {
        int most = TIMES_PER_PEER * options.connectionsPerPeer();
        synchronized (lock) {
            if (!links.contains(link)) {
                return Optional.empty(); // it has ended already
            }
            Set<InboundLink> present = greeted.computeIfAbsent(peer, host -> new HashSet<>());
            if (present.size() >= most) {
                return Optional.of(new RetriableException(
                        "host " + peer + " has " + most + " connections to host " + self
                                + " already: close some, or wait until those that broke are noticed",
                        Duration.ZERO));
            }
            present.add(link);
            return Optional.empty();
        }
    }

    private void forget(InboundLink link) {
        synchronized (lock) {
            links.remove(link);
            greeted.values().removeIf(present -> present.remove(link) && present.isEmpty());
        }
    }

    /**
     * Stops listening and ends every connection; peers hear that they may come again. Blocks until the port is free; the
     * sockets end soon after. Idempotent; never call it on one of the loops.
     */
    @Override
    public void close() {
        List<InboundLink> open;
        synchronized (lock) {
            closed = true;
            open = List.copyOf(links);
        }
        Channel channel = listening;
        if (channel != null) {
            channel.close().awaitUninterruptibly();
        }
        RecoveryException why = new RetriableException("host " + self + " is closing", Duration.ZERO);
        open.forEach(link -> link.end(why));
    }
}
