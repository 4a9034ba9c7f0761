package io.resilver.transport.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** A frame's envelope: length, type, stream, number, body, checksum (R50). */
public final class FrameCodec {
    /**
     * The longest frame, in bytes after the length field: a base range or a batch of entries of 2 MiB, with room for
     * token, descriptor and the like. Longer ones are refused by the sender and by the receiver.
     */
    public static final int MAX_LENGTH = 2 * 1024 * 1024 + 64 * 1024;

    /** The longest frame of a peer that has not said yet who it is: two host ids and three numbers fit well. */
    public static final int MAX_HELLO_LENGTH = 512;

    static final int LENGTH_BYTES = 4;
    static final int CRC_BYTES = 4;
    static final int HEADER_BYTES = 1 + 4 + 8;
    static final int MIN_LENGTH = HEADER_BYTES + CRC_BYTES;

    private FrameCodec() {}

    /** Writes a body. */
    @FunctionalInterface
    public interface Body {
        /** A body of no bytes. */
        Body NONE = out -> {};

        /**
         * Writes it.
         *
         * @param out where to
         * @throws WireException when it fits in no frame
         */
        void write(ByteWriter out) throws WireException;
    }

    /**
     * Makes a frame.
     *
     * @param allocator where the buffer comes from
     * @param bodyBytes about how long the body will be
     * @param type what it is
     * @param stream its stream
     * @param number its number
     * @param body writes the body
     * @return a buffer that the caller releases
     * @throws WireException when the frame would be longer than {@link #MAX_LENGTH}
     */
    public static ByteBuf encode(
            ByteBufAllocator allocator, long bodyBytes, FrameType type, int stream, long number, Body body)
            throws WireException {
        int most = LENGTH_BYTES + MAX_LENGTH;
        int likely = (int) Math.min(most, LENGTH_BYTES + MIN_LENGTH + bodyBytes);
        ByteBuf out = allocator.ioBuffer(likely, most);
        try {
            out.writeInt(0).writeByte(type.code()).writeInt(stream).writeLong(number);
            body.write(new ByteWriter(out, most - CRC_BYTES));
            out.setInt(0, out.writerIndex() - LENGTH_BYTES + CRC_BYTES);
            out.writeInt(crc(out, 0, out.writerIndex()));
            return out;
        } catch (WireException | RuntimeException e) {
            out.release();
            throw e;
        }
    }

    private static int crc(ByteBuf bytes, int start, int length) {
        CRC32C crc = new CRC32C();
        for (ByteBuffer part : bytes.nioBuffers(start, length)) {
            crc.update(part);
        }
        return (int) crc.getValue();
    }
}
