package io.resilver.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.resilver.transport.codec.Frame;
import io.resilver.transport.codec.FrameCodec;
import io.resilver.transport.codec.WireException;
import java.util.List;
import java.util.Optional;

/**
 * Cuts what comes into frames. Holds at most one that is not whole; after an error it reads no more. Each frame is handled
 * before the next is cut, so that the first one can raise the bound.
 */
final class FrameReader extends ByteToMessageDecoder {
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

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws WireException {
        if (broken) {
            in.skipBytes(in.readableBytes());
            return;
        }
        Optional<Frame> frame = FrameCodec.decode(in, maxLength);
        frame.ifPresent(out::add);
    }
}
