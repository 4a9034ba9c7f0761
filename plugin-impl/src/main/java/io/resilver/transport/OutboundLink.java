package io.resilver.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.replica.link.Weight;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.transport.codec.Control;
import io.resilver.transport.codec.Frame;
import io.resilver.transport.codec.FrameCodec;
import io.resilver.transport.codec.FrameType;
import io.resilver.transport.codec.RequestCodec;
import io.resilver.transport.codec.ResponseCodec;
import io.resilver.transport.codec.WireException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One dialled connection and the streams on it. Streams and their numbers are touched on the loop only. */
final class OutboundLink implements Connection.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(OutboundLink.class);

    private final EventLoop loop;
    private final TransportOptions options;
    private final Endpoint endpoint;
    private final Connection connection;
    private final Consumer<OutboundLink> onEnd;
    private final Consumer<OutboundLink> onStreamClosed;
    private final Map<Integer, OutboundStream> streams = new HashMap<>();
    /** What was sent before the hello came; bounded with all that waits to be written. */
    private final List<Runnable> early = new ArrayList<>();

    private int lastId;
    private @Nullable RecoveryException why;

    /** Streams that were placed here and are not closed; guarded by the connector's lock. */
    int placed;

    /**
     * A link that is not dialled yet.
     *
     * @param loop where everything runs
     * @param options the bounds
     * @param self this host
     * @param host who must answer
     * @param endpoint where it listens
     * @param onEnd hears once of the end, before the streams do
     * @param onStreamClosed hears of each stream that its user closed
     */
    OutboundLink(
            EventLoop loop,
            TransportOptions options,
            HostId self,
            HostId host,
            Endpoint endpoint,
            Consumer<OutboundLink> onEnd,
            Consumer<OutboundLink> onStreamClosed) {
        this.loop = loop;
        this.options = options;
        this.endpoint = endpoint;
        this.onEnd = onEnd;
        this.onStreamClosed = onStreamClosed;
        this.connection =
                new Connection(loop, options, self, Optional.of(host), "host " + host + " at " + endpoint, this);
    }

    /** Begins to dial. The name is looked up elsewhere, since that may block. */
    void dial(Executor lookups) {
        try {
            lookups.execute(() -> {
                InetSocketAddress address = new InetSocketAddress(endpoint.address(), endpoint.port());
                connection.run(() -> connect(address));
            });
        } catch (RejectedExecutionException e) {
            end(new RetriableException("this host is closing: nothing is dialled any more", Duration.ZERO, e));
        }
    }

    private void connect(InetSocketAddress address) {
        if (address.isUnresolved()) {
            connection.end(new RetriableException("the name of " + connection.peer() + " is not known", Duration.ZERO));
            return;
        }
        new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        options.connectTimeout().toMillis())
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connection.attach(channel);
                    }
                })
                .connect(address)
                .addListener(dialled -> {
                    if (!dialled.isSuccess()) {
                        connection.end(new RetriableException(
                                "cannot connect to " + connection.peer() + ": " + dialled.cause(),
                                Duration.ZERO,
                                dialled.cause()));
                    }
                });
    }

    /** Opens a stream. Any thread. */
    void open(OutboundStream stream) {
        connection.run(() -> {
            RecoveryException ended = why;
            if (ended != null) {
                stream.end(ended);
            } else if (!stream.hasEnded()) {
                stream.id = ++lastId;
                streams.put(stream.id, stream);
                whenOpen(() -> write(stream, FrameType.OPEN, 0, out -> Control.writeReplica(out, stream.replica())));
            }
        });
    }

    /** Sends a request. Any thread. */
    void send(OutboundStream stream, Request request) {
        long weight = Weight.of(request);
        connection.reserve(weight);
        connection.run(() -> whenOpen(() -> {
            connection.unreserve(weight);
            FrameType type = RequestCodec.type(request);
            if (!streams.containsKey(stream.id)) {
                return;
            }
            if (connection.speaks(type)) {
                write(stream, type, weight, out -> RequestCodec.write(out, request));
            } else if (request instanceof Request.Question question) {
                deliver(stream, olderPeer(question));
            }
        }));
    }

    /** What a host would answer that can be asked: nothing of this ends its session. */
    private Response olderPeer(Request.Question asked) {
        return new Response.NotDigested(
                asked.replica(),
                asked.token(),
                asked.question(),
                new PermanentException(connection.peer()
                        + " is of an older release and does not digest what is asked about: upgrade it"));
    }

    /** The user has closed a stream. Any thread. */
    void closed(OutboundStream stream) {
        connection.run(() -> whenOpen(() -> {
            if (streams.containsKey(stream.id)) {
                write(stream, FrameType.CLOSE, 0, out -> Control.writeEnd(out, Optional.empty()));
                streams.remove(stream.id);
            }
        }));
        onStreamClosed.accept(this);
    }

    /** Ends the connection and every stream on it. Any thread. */
    void end(RecoveryException error) {
        connection.run(() -> connection.end(error));
    }

    @Override
    public void opened(HostId peer) {
        List<Runnable> tasks = List.copyOf(early); // one of them may end the connection
        early.clear();
        tasks.forEach(Runnable::run);
    }

    @Override
    public void received(Frame frame) throws WireException {
        OutboundStream stream = streams.get(frame.stream());
        if (stream == null) {
            if (frame.stream() > lastId) {
                throw new WireException(WireException.Kind.MALFORMED, "stream " + frame.stream() + " was never opened");
            }
            return; // an answer that crossed the stream's end
        }
        if (frame.number() != ++stream.received) {
            throw Connection.outOfSequence(frame, stream.received);
        }
        if (frame.type() == FrameType.CLOSE) {
            Optional<RecoveryException> error = Control.readEnd(frame.body());
            drop(
                    stream,
                    error.orElseGet(
                            () -> new RetriableException(connection.peer() + " closed the stream", Duration.ZERO)));
            return;
        }
        deliver(stream, ResponseCodec.read(frame, stream.replica()));
    }

    private void deliver(OutboundStream stream, Response response) {
        if (stream.hasEnded()) {
            return;
        }
        try {
            stream.listener().received(response);
        } catch (RuntimeException e) {
            LOG.error("the listener of {} threw at {}", stream.replica(), ResponseCodec.type(response), e);
            drop(stream, new PermanentException("the receiver of " + stream.replica() + " failed: " + e, e));
        }
    }

    @Override
    public void ended(RecoveryException error) {
        why = error;
        onEnd.accept(this);
        early.clear();
        List<OutboundStream> open = List.copyOf(streams.values());
        streams.clear();
        open.forEach(stream -> stream.end(error));
    }

    /** Ends one stream for a reason of its own; the others go on. */
    private void drop(OutboundStream stream, RecoveryException error) {
        streams.remove(stream.id);
        if (stream.end(error)) {
            onStreamClosed.accept(this);
        }
    }

    private void whenOpen(Runnable task) {
        if (connection.isOpen()) {
            task.run();
        } else if (why == null) {
            early.add(task);
        }
    }

    private void write(OutboundStream stream, FrameType type, long bytes, FrameCodec.Body body) {
        try {
            connection.write(type, stream.id, ++stream.sent, bytes, body);
        } catch (WireException e) {
            stream.sent--;
            PermanentException error = new PermanentException(
                    "cannot send " + type + " to " + stream.replica() + ": " + e.getMessage(), e);
            drop(stream, error);
            tellClosed(stream, error);
        }
    }

    private void tellClosed(OutboundStream stream, RecoveryException error) {
        try {
            connection.write(
                    FrameType.CLOSE,
                    stream.id,
                    ++stream.sent,
                    Weight.OF_MESSAGE,
                    out -> Control.writeEnd(out, Optional.of(error)));
        } catch (WireException e) {
            throw new IllegalStateException("a CLOSE always fits", e);
        }
    }
}
