package io.resilver.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundInvoker;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.resilver.replica.link.Weight;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.HostId;
import io.resilver.transport.codec.Control;
import io.resilver.transport.codec.Frame;
import io.resilver.transport.codec.FrameCodec;
import io.resilver.transport.codec.FrameType;
import io.resilver.transport.codec.Hello;
import io.resilver.transport.codec.WireException;
import io.resilver.transport.tls.Tls;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One socket: hellos, signs of life, the bound of what waits to be written, and the end. What belongs to streams is its
 * owner's. All of it runs on the connection's loop, except {@link #reserve} and {@link #run}.
 */
final class Connection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** Pings in one idle timeout: two may be late or lost in a pause before the peer is given up. */
    private static final int PINGS_PER_TIMEOUT = 3;

    /** A peer that does not read gets this long to take the reason for the end. */
    private static final Duration GOODBYE_PATIENCE = Duration.ofSeconds(1);

    private static final String TLS = "tls";

    /**
     * The most that is taken from a socket at once, where so much keeps coming: a system call for each 64 KiB shows beside a
     * disk. A loop has one such buffer in use at a time.
     */
    private static final int MOST_READ_BYTES = 256 << 10;

    private static final int LEAST_READ_BYTES = 64;
    private static final int FIRST_READ_BYTES = 2 << 10;

    /** What the streams' side of a connection hears, on the loop. */
    interface Owner {
        /** Both hellos fit: frames of streams may be written to and come from this host. */
        void opened(HostId peer);

        /** A frame of a stream came. */
        void received(Frame frame) throws WireException;

        /** The connection has ended; called once, and nothing after it. */
        void ended(RecoveryException why);
    }

    private final EventLoop loop;
    private final TransportOptions options;
    private final HostId self;
    private final Optional<HostId> dialled;
    private final Owner owner;
    private final FrameReader reader = new FrameReader();
    private final AtomicLong waiting = new AtomicLong();
    private LinkState state = LinkState.CONNECTING;
    private String peer;
    private @Nullable ChannelHandlerContext context;
    private long received;
    private long sent;
    private int stalled;
    private int version;

    /**
     * A connection without a socket yet.
     *
     * @param loop where everything runs
     * @param options the bounds
     * @param self this host
     * @param dialled the host that must answer, when this end dials
     * @param peer names the other end in messages
     * @param owner the streams' side
     */
    Connection(
            EventLoop loop, TransportOptions options, HostId self, Optional<HostId> dialled, String peer, Owner owner) {
        this.loop = loop;
        this.options = options;
        this.self = self;
        this.dialled = dialled;
        this.peer = peer;
        this.owner = owner;
    }

    /** Puts this connection on its socket. Encryption goes before everything else here, so that only known peers pass. */
    void attach(Channel channel) {
        long idle = options.idleTimeout().toMillis();
        channel.config()
                .setRecvByteBufAllocator(
                        new AdaptiveRecvByteBufAllocator(LEAST_READ_BYTES, FIRST_READ_BYTES, MOST_READ_BYTES));
        ChannelPipeline pipeline = channel.pipeline();
        options.tls()
                .ifPresent(tls ->
                        pipeline.addLast(TLS, tls.handler(channel, dialled.isPresent(), options.connectTimeout())));
        pipeline.addLast("idle", new IdleStateHandler(true, idle, idle / PINGS_PER_TIMEOUT, 0, TimeUnit.MILLISECONDS));
        pipeline.addLast(
                "flush",
                new FlushConsolidationHandler(FlushConsolidationHandler.DEFAULT_EXPLICIT_FLUSH_AFTER_FLUSHES, true));
        pipeline.addLast("frames", reader);
        pipeline.addLast("connection", this);
    }

    /** Names the other end in messages. */
    String peer() {
        return peer;
    }

    boolean isOpen() {
        return state == LinkState.OPEN;
    }

    /** Whether the version that was agreed has a frame; on the loop, once it is open. */
    boolean speaks(FrameType type) {
        return type.since() <= version;
    }

    /** Runs a task on the loop; once the loops are closed there is nothing left that it could change. Any thread. */
    void run(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("the loops are closed: a task for the connection to {} came too late", peer);
        }
    }

    /** Counts bytes that will be written later; ends the connection when too many wait. Any thread. */
    void reserve(long bytes) {
        if (waiting.addAndGet(bytes) > options.connectionBytes()) {
            run(this::tooMuchWaits);
        }
    }

    /** Takes back what {@link #reserve} counted. Any thread. */
    void unreserve(long bytes) {
        waiting.addAndGet(-bytes);
    }

    /**
     * Writes a frame.
     *
     * @throws WireException when it does not fit; the connection is as before
     */
    void write(FrameType type, int stream, long number, long bytes, FrameCodec.Body body) throws WireException {
        ChannelHandlerContext to = context;
        if (to == null || state == LinkState.ENDED) {
            return;
        }
        ByteBuf frame = FrameCodec.encode(to.alloc(), bytes, type, stream, number, body);
        int length = frame.readableBytes();
        boolean tooMuch = waiting.addAndGet(length) > options.connectionBytes();
        to.writeAndFlush(frame).addListener(written -> {
            waiting.addAndGet(-length);
            stalled = 0;
        });
        if (tooMuch) {
            tooMuchWaits();
        }
    }

    /** Nothing of a frame that came is read any more; on the loop. */
    void reuse(Frame frame) {
        reader.reuse(frame);
    }

    /** No more long frames are expected; on the loop. */
    void forgetSpare() {
        reader.forgetSpare();
    }

    /** Ends the connection, and tells the peer why where it can still hear. Later calls do nothing. */
    void end(RecoveryException why) {
        ChannelHandlerContext to = context;
        boolean greeted = state == LinkState.OPEN || state == LinkState.GREETING;
        if (!become(LinkState.ENDED)) {
            return;
        }
        LOG.debug("connection to {} ends: {}", peer, why.getMessage());
        reader.stop();
        owner.ended(why);
        if (to == null) {
            return;
        }
        if (!greeted || !to.channel().isActive()) {
            close(to);
            return;
        }
        try {
            ByteBuf goodbye = FrameCodec.encode(
                    to.alloc(),
                    Weight.OF_MESSAGE,
                    FrameType.GOODBYE,
                    0,
                    ++sent,
                    out -> Control.writeEnd(out, Optional.of(why)));
            to.writeAndFlush(goodbye).addListener(ChannelFutureListener.CLOSE);
            later(GOODBYE_PATIENCE, () -> close(to));
        } catch (WireException | RejectedExecutionException e) {
            close(to);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
        context = active;
        if (!become(LinkState.GREETING)) {
            close(active);
            return;
        }
        later(options.connectTimeout(), this::notGreeted);
        dialled.ifPresent(host -> tell(FrameType.HELLO, Hello.of(self, host)::write));
    }

    @Override
    public void channelRead(ChannelHandlerContext from, Object message) {
        if (state == LinkState.ENDED) {
            return;
        }
        Frame frame = (Frame) message;
        try {
            if (frame.stream() == 0) {
                if (frame.number() != ++received) {
                    throw outOfSequence(frame, received);
                }
                control(frame);
            } else if (state == LinkState.OPEN) {
                if (!speaks(frame.type())) {
                    throw new WireException(
                            WireException.Kind.MALFORMED,
                            frame.type() + " is of protocol version "
                                    + frame.type().since() + ", and version " + version + " was agreed");
                }
                owner.received(frame);
            } else {
                throw new WireException(WireException.Kind.MALFORMED, "a frame came before the hello");
            }
        } catch (WireException e) {
            end(broken(e));
        }
    }

    private void control(Frame frame) throws WireException {
        boolean hello = frame.type() == FrameType.HELLO;
        if (hello != (state == LinkState.GREETING) && frame.type() != FrameType.GOODBYE) {
            throw new WireException(WireException.Kind.MALFORMED, frame.type() + " came while " + state);
        }
        if (hello) {
            greet(Hello.read(frame.body()));
        } else if (frame.type() == FrameType.GOODBYE) {
            Optional<RecoveryException> why = Control.readEnd(frame.body());
            end(why.orElseGet(() -> new RetriableException(peer + " ended the connection", Duration.ZERO)));
        }
    }

    private void greet(Hello theirs) {
        Hello ours = Hello.of(self, dialled.orElse(theirs.self()));
        try {
            version = ours.agree(theirs);
            if (context != null && context.pipeline().get(TLS) instanceof SslHandler tls) {
                Tls.check(tls, theirs.self());
            }
        } catch (PermanentException e) {
            end(e);
            return;
        }
        if (dialled.isEmpty()) {
            peer = "host " + theirs.self() + " at " + peer;
            tell(FrameType.HELLO, ours::write);
        }
        reader.allowLongFrames();
        if (become(LinkState.OPEN)) {
            owner.opened(theirs.self());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) {
        end(new RetriableException("the connection to " + peer + " was closed by the other end", Duration.ZERO));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext at, Throwable error) {
        Throwable cause = error instanceof DecoderException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof WireException wire) {
            end(broken(wire));
        } else if (cause instanceof SSLException) {
            end(Tls.failed(peer, cause));
        } else if (cause instanceof IOException) {
            end(new RetriableException("the connection to " + peer + " broke: " + cause, Duration.ZERO, cause));
        } else {
            LOG.error("the connection to {} failed in a way that it should not", peer, cause);
            end(new PermanentException("the connection to " + peer + " failed: " + cause, cause));
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext at, Object event) throws Exception {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (!handshake.isSuccess()) {
                end(Tls.failed(peer, handshake.cause()));
            }
        } else if (!(event instanceof IdleStateEvent idle)) {
            super.userEventTriggered(at, event);
        } else if (idle.state() == IdleState.READER_IDLE) {
            end(new RetriableException(peer + " was silent for " + options.idleTimeout(), Duration.ZERO));
        } else if (waiting.get() > 0) {
            if (++stalled >= PINGS_PER_TIMEOUT) {
                end(new RetriableException(peer + " took nothing for " + options.idleTimeout(), Duration.ZERO));
            }
        } else if (state == LinkState.OPEN) {
            tell(FrameType.PING, FrameCodec.Body.NONE);
        }
    }

    /** What a broken frame means for those who use the connection. */
    private RecoveryException broken(WireException error) {
        String message = "from " + peer + ": " + error.getMessage();
        return error.kind() == WireException.Kind.DAMAGED
                ? new RetriableException("a damaged frame came " + message, Duration.ZERO, error)
                : new PermanentException("a frame that means nothing here came " + message, error);
    }

    /** A frame that is not the next one of its stream. */
    static WireException outOfSequence(Frame frame, long expected) {
        return new WireException(
                WireException.Kind.MALFORMED,
                "frame " + frame.number() + " of stream " + frame.stream() + " came out of sequence: " + expected
                        + " is next");
    }

    private void tell(FrameType type, FrameCodec.Body body) {
        try {
            write(type, 0, ++sent, Weight.OF_MESSAGE, body);
        } catch (WireException e) {
            throw new IllegalStateException("a " + type + " always fits", e);
        }
    }

    private void notGreeted() {
        if (state == LinkState.GREETING) {
            end(new RetriableException(
                    peer + " did not say who it is within " + options.connectTimeout(), Duration.ZERO));
        }
    }

    private void tooMuchWaits() {
        end(new RetriableException(
                "more than " + options.connectionBytes() + " bytes wait to be written to " + peer
                        + ", which takes too little",
                Duration.ZERO));
    }

    private boolean become(LinkState next) {
        if (!state.mayBecome(next)) {
            return false;
        }
        state = next;
        return true;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a socket that cannot be closed is closed
    static void close(ChannelOutboundInvoker socket) {
        socket.close();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the tasks do not throw, and nobody cancels them
    private void later(Duration delay, Runnable task) {
        loop.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    }
}
