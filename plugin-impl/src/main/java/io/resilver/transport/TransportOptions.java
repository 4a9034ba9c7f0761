package io.resilver.transport;

import io.resilver.transport.tls.Tls;
import java.time.Duration;
import java.util.Optional;

/**
 * The bounds of the transport, and how it is protected.
 *
 * @param connectTimeout how long dialling, and after it the hello, may take
 * @param idleTimeout how long a peer may be silent, or take nothing, before the connection is given up
 * @param windowBytes what one stream may have under way in its handler, by {@link io.resilver.replica.link.Weight};
 *     one more request is tolerated
 * @param connectionBytes what all streams of a connection may have under way in their handlers, and separately what may
 *     wait to be written
 * @param connectionsPerPeer connections to one peer over which streams are spread
 * @param streamsPerConnection open streams on one connection
 * @param acceptedConnections connections that a server holds at a time
 * @param tls mutual TLS, or empty for plain connections
 */
public record TransportOptions(
        Duration connectTimeout,
        Duration idleTimeout,
        long windowBytes,
        long connectionBytes,
        int connectionsPerPeer,
        int streamsPerConnection,
        int acceptedConnections,
        Optional<Tls> tls) {

    /** Within a data centre a dial takes milliseconds; a lost SYN is repeated after 1 s. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

    /** Long enough for a pause of the collector, short beside the time in which a recovery would give up. */
    private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(10);

    /** Fills 10 Gbit/s at 6 ms there and back, and costs little beside one base range of 1 MiB. */
    private static final long WINDOW_BYTES = 8L << 20;

    /** A few dozen full windows: many streams idle, few in bulk. */
    private static final long CONNECTION_BYTES = 256L << 20;

    /** One connection keeps one core busy with checksums: two use both loops. */
    private static final int CONNECTIONS_PER_PEER = 2;

    /** An idle stream costs some hundred bytes at each end. */
    private static final int STREAMS_PER_CONNECTION = 65_536;

    /** Hosts of one cluster times {@link #CONNECTIONS_PER_PEER}, with room for those that come again. */
    private static final int ACCEPTED_CONNECTIONS = 1_024;

    /**
     * Checks the bounds.
     *
     * @throws IllegalArgumentException naming the bound that is not positive
     */
    public TransportOptions {
        positive("connect timeout in ms", connectTimeout.toMillis());
        positive("idle timeout in ms", idleTimeout.toMillis());
        positive("window in bytes", windowBytes);
        positive("bytes of a connection", connectionBytes);
        positive("connections per peer", connectionsPerPeer);
        positive("streams per connection", streamsPerConnection);
        positive("accepted connections", acceptedConnections);
    }

    /**
     * The bounds that fit most hosts.
     *
     * @return the defaults
     */
    public static TransportOptions defaults() {
        return new TransportOptions(
                CONNECT_TIMEOUT,
                IDLE_TIMEOUT,
                WINDOW_BYTES,
                CONNECTION_BYTES,
                CONNECTIONS_PER_PEER,
                STREAMS_PER_CONNECTION,
                ACCEPTED_CONNECTIONS,
                Optional.empty());
    }

    /**
     * The same with other timeouts.
     *
     * @param connect how long dialling may take
     * @param idle how long a peer may be silent
     * @return a copy
     */
    public TransportOptions withTimeouts(Duration connect, Duration idle) {
        return new TransportOptions(
                connect,
                idle,
                windowBytes,
                connectionBytes,
                connectionsPerPeer,
                streamsPerConnection,
                acceptedConnections,
                tls);
    }

    /**
     * The same with other bounds for memory.
     *
     * @param window what one stream may have under way
     * @param connection what one connection may have under way, in each direction
     * @return a copy
     */
    public TransportOptions withBytes(long window, long connection) {
        return new TransportOptions(
                connectTimeout,
                idleTimeout,
                window,
                connection,
                connectionsPerPeer,
                streamsPerConnection,
                acceptedConnections,
                tls);
    }

    /**
     * The same with mutual TLS.
     *
     * @param protection this host's side of it, or empty for plain connections
     * @return a copy
     */
    public TransportOptions withTls(Optional<Tls> protection) {
        return new TransportOptions(
                connectTimeout,
                idleTimeout,
                windowBytes,
                connectionBytes,
                connectionsPerPeer,
                streamsPerConnection,
                acceptedConnections,
                protection);
    }

    private static void positive(String what, long value) {
        if (value < 1) {
            throw new IllegalArgumentException("transport: " + what + " is " + value + ", but must be 1 or more");
        }
    }
}
