package io.resilver.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.resilver.transport.codec.Frame;
import io.resilver.transport.codec.FrameCodec;
import io.resilver.transport.codec.FrameCollector;
import io.resilver.transport.codec.WireException;
import java.util.Optional;

/**
 * Cuts what comes into frames. Holds at most one that is not whole; after an error it reads no more. Each frame is handled
 * before the next is cut, so that the first one can raise the bound.
 */
final class FrameReader extends ChannelInboundHandlerAdapter {
    private final FrameCollector collector = new FrameCollector();
    private int maxLength = FrameCodec.MAX_HELLO_LENGTH;
    private boolean broken;

    /** The peer has said who it is: long frames are allowed from now on. */
    void allowLongFrames() {
        maxLength = FrameCodec.MAX_LENGTH;
    }

    /** Whatever comes from now on is thrown away. */
    void stop() {
        broken = true;
    }

    /** See {@link FrameCollector#reuse}; on the connection's loop. */
    void reuse(Frame frame) {
        collector.reuse(frame);
    }

    /** See {@link FrameCollector#forgetSpare}; on the connection's loop. */
    void forgetSpare() {
        collector.forgetSpare();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            while (!broken && in.isReadable()) {
                Optional<Frame> frame = collector.take(in, maxLength);
                frame.ifPresent(context::fireChannelRead);
            }
        } catch (WireException e) {
            broken = true;
            context.fireExceptionCaught(e);
        } finally {
            in.release();
        }
    }
}
