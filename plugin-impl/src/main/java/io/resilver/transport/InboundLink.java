package io.resilver.transport;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.RequestHandler;
import io.resilver.replica.link.Response;
import io.resilver.replica.link.Weight;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.HostId;
import io.resilver.transport.codec.Control;
import io.resilver.transport.codec.Frame;
import io.resilver.transport.codec.FrameType;
import io.resilver.transport.codec.RequestCodec;
import io.resilver.transport.codec.ResponseCodec;
import io.resilver.transport.codec.WireException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One accepted connection and the streams on it, all of it on one loop. */
final class InboundLink implements Connection.Owner {
    /** A question, a truncation or the end of a base: a sender sends it whether or not its window is full. */
    private static final long SMALL_REQUEST = 4 << 10;

    /** Small requests beyond a full window: more than a sender has under way at a time, and still a bound. */
    private static final long ROOM_FOR_SMALL = 64 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(InboundLink.class);

    private final TransportOptions options;
    private final Greeting greeting;
    private final RequestHandler handler;
    private final Connection connection;
    private final Map<Integer, InboundStream> streams = new HashMap<>();
    private Optional<HostId> host = Optional.empty();
    private int lastId;
    private long underWay;

    /** Hears who the peer is, and may have a reason to refuse it. */
    @FunctionalInterface
    interface Greeting {
        Optional<RecoveryException> refusal(InboundLink link, HostId peer);
    }

    /**
     * A link whose peer has said nothing yet.
     *
     * @param loop where everything runs
     * @param options the bounds
     * @param self this host
     * @param from names the other end in messages
     * @param greeting hears who it is
     * @param handler takes the requests
     */
    InboundLink(
            EventLoop loop,
            TransportOptions options,
            HostId self,
            String from,
            Greeting greeting,
            RequestHandler handler) {
        this.options = options;
        this.greeting = greeting;
        this.handler = handler;
        this.connection = new Connection(loop, options, self, Optional.empty(), from, this);
    }

    void attach(Channel channel) {
        connection.attach(channel);
    }

    /** Ends the connection and every stream on it. Any thread. */
    void end(RecoveryException why) {
        connection.run(() -> connection.end(why));
    }

    @Override
    public void opened(HostId peer) {
        LOG.debug("{} has connected", connection.peer());
        host = Optional.of(peer);
        greeting.refusal(this, peer).ifPresent(connection::end);
    }

    @Override
    public void received(Frame frame) throws WireException {
        InboundStream stream = streams.get(frame.stream());
        if (frame.type() == FrameType.OPEN) {
            open(frame);
        } else if (stream == null) {
            if (frame.stream() > lastId) {
                throw new WireException(WireException.Kind.MALFORMED, "stream " + frame.stream() + " was never opened");
            }
            // else it crossed the stream's end
        } else if (frame.number() != ++stream.received) {
            throw Connection.outOfSequence(frame, stream.received);
        } else if (frame.type() == FrameType.CLOSE) {
            Control.readEnd(frame.body());
            forget(stream);
            host.filter(peer -> stream.hadSession()).ifPresent(peer -> handler.left(stream.replica(), peer));
        } else {
            take(stream, frame, RequestCodec.read(frame, stream.replica()));
        }
    }

    @Override
    public void ended(RecoveryException why) {
        streams.values().forEach(InboundStream::end);
        host.ifPresent(peer -> streams.values().forEach(stream -> handler.lost(stream.replica(), peer)));
        streams.clear();
    }

    /** Sends an answer. Any thread. */
    void send(InboundStream stream, Response response) {
        connection.reserve(Weight.OF_MESSAGE);
        connection.run(() -> {
            connection.unreserve(Weight.OF_MESSAGE);
            if (stream.hasEnded()) {
                return;
            }
            FrameType type = ResponseCodec.type(response);
            if (!connection.speaks(type)) {
                return; // it invites to what an older peer does not know, and changes nothing where it is not heard
            }
            try {
                connection.write(
                        type, stream.id(), ++stream.sent, Weight.OF_MESSAGE, out -> ResponseCodec.write(out, response));
            } catch (WireException e) {
                stream.sent--;
                drop(stream, new PermanentException("cannot answer " + type + ": " + e.getMessage(), e));
            }
        });
    }

    private void open(Frame frame) throws WireException {
        if (frame.stream() <= lastId || frame.number() != 1) {
            throw new WireException(
                    WireException.Kind.MALFORMED,
                    "stream " + frame.stream() + " cannot be opened after stream " + lastId + " by its frame "
                            + frame.number());
        }
        lastId = frame.stream();
        InboundStream stream = new InboundStream(this, frame.stream(), Control.readReplica(frame.body()));
        streams.put(lastId, stream);
        if (streams.size() > options.streamsPerConnection()) {
            drop(
                    stream,
                    new ResourceExhaustedException(
                            "this connection has " + options.streamsPerConnection() + " streams already", "streams"));
        }
    }

    private void take(InboundStream stream, Frame frame, Request request) {
        long weight = Weight.of(request);
        long room = options.windowBytes() + (weight <= SMALL_REQUEST ? ROOM_FOR_SMALL : 0);
        if (stream.underWay >= room) {
            drop(
                    stream,
                    new ResourceExhaustedException(
                            stream.underWay + " bytes for " + stream.replica() + " are under way and the window is "
                                    + options.windowBytes() + ": send less before the answers come",
                            "stream window"));
            return;
        }
        if (underWay + weight > options.connectionBytes()) {
            connection.end(new RetriableException(
                    "more than " + options.connectionBytes() + " bytes of " + connection.peer()
                            + " are under way: open fewer streams in bulk at a time",
                    Duration.ZERO));
            return;
        }
        stream.underWay += weight;
        underWay += weight;
        CompletionStage<Void> dealtWith;
        try {
            dealtWith = handler.handle(request, stream);
        } catch (RuntimeException e) {
            LOG.error("the handler threw at a request for {}", stream.replica(), e);
            done(stream, weight);
            drop(stream, new PermanentException("the host of " + stream.replica() + " failed: " + e, e));
            return;
        }
        dealtWith.whenComplete((nothing, error) -> connection.run(() -> {
            done(stream, weight);
            spare(stream, frame, request);
        }));
    }

    /** A range was written, or never will be; of entries nobody promised that they are read no more. */
    private void spare(InboundStream stream, Frame frame, Request request) {
        if (request instanceof Request.BaseRange && !stream.hasEnded()) {
            connection.reuse(frame);
        } else if (request instanceof Request.BaseCommit) {
            connection.forgetSpare();
        }
    }

    private void done(InboundStream stream, long weight) {
        stream.underWay -= weight;
        underWay -= weight;
    }

    /** Ends one stream and tells its sender why; the others go on. */
    private void drop(InboundStream stream, RecoveryException why) {
        if (stream.hasEnded()) {
            return;
        }
        forget(stream);
        try {
            connection.write(
                    FrameType.CLOSE,
                    stream.id(),
                    ++stream.sent,
                    Weight.OF_MESSAGE,
                    out -> Control.writeEnd(out, Optional.of(why)));
        } catch (WireException e) {
            throw new IllegalStateException("a CLOSE always fits", e);
        }
    }

    private void forget(InboundStream stream) {
        stream.end();
        streams.remove(stream.id());
        connection.forgetSpare();
    }
}
