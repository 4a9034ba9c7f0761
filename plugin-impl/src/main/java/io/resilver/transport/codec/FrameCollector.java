package io.resilver.transport.codec;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Collects what comes into frames. Each byte is copied once, out of the socket's buffer into the frame's own array, which the
 * frame then shares with everything that is read from it. Holds at most one frame that is not whole, and no more memory than
 * a few times what has come of it: a length alone costs a peer nothing, and must cost this end nothing. Not thread safe.
 */
public final class FrameCollector {
    /** Allocated at once for a frame that states more: what one read of a socket brings. */
    private static final int FIRST_BYTES = 64 << 10;

    private static final int GROWTH = 4;

    private static final byte[] NOTHING = {};

    private final ByteBuffer length = ByteBuffer.allocate(FrameCodec.LENGTH_BYTES);
    private byte[] bytes = NOTHING;
    private int filled;

    /** A collector with nothing in it. */
    public FrameCollector() {}

    /**
     * Takes bytes up to the end of the frame that is being collected.
     *
     * @param in what has come; read up to that end, or all of it
     * @param maxLength the longest frame allowed now
     * @return the frame once it is whole, or empty while bytes are missing
     * @throws WireException when the length or the checksum is wrong, or the type is not known; then collect no more
     */
    public Optional<Frame> take(ByteBuf in, int maxLength) throws WireException {
        while (length.hasRemaining() && in.isReadable()) {
            length.put(in.readByte());
        }
        if (length.hasRemaining()) {
            return Optional.empty();
        }
        int whole = length.getInt(0);
        if (whole < FrameCodec.MIN_LENGTH || whole > maxLength) {
            throw new WireException(
                    WireException.Kind.DAMAGED,
                    "a frame of " + Integer.toUnsignedString(whole) + " bytes is not between " + FrameCodec.MIN_LENGTH
                            + " and " + maxLength);
        }
        while (filled < whole && in.isReadable()) {
            if (filled == bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.min(whole, Math.max(FIRST_BYTES, GROWTH * filled)));
            }
            int some = Math.min(in.readableBytes(), bytes.length - filled);
            in.readBytes(bytes, filled, some);
            filled += some;
        }
        return filled < whole ? Optional.empty() : Optional.of(collected(whole));
    }

    private Frame collected(int whole) throws WireException {
        ByteBuffer all = ByteBuffer.wrap(bytes, 0, whole);
        bytes = NOTHING;
        filled = 0;
        length.clear();
        int checked = whole - FrameCodec.CRC_BYTES;
        int expected = all.getInt(checked);
        int found = crc(all.array(), checked);
        if (expected != found) {
            throw new WireException(
                    WireException.Kind.DAMAGED,
                    "the checksum of a frame of " + whole + " bytes is " + Integer.toHexString(found) + ", not "
                            + Integer.toHexString(expected));
        }
        byte code = all.get();
        FrameType type = FrameType.of(code)
                .orElseThrow(() -> WireException.malformed("frame type " + code + " is not known to this version"));
        int stream = all.getInt();
        long number = all.getLong();
        boolean ofConnection = type.use() == FrameType.Use.CONNECTION;
        if (stream < 0 || ofConnection != (stream == 0)) {
            throw WireException.malformed("a frame of type " + type + " does not belong to stream " + stream);
        }
        return new Frame(type, stream, number, all.slice(all.position(), checked - all.position()));
    }

    private int crc(byte[] of, int checked) {
        CRC32C crc = new CRC32C();
        crc.update(length.array());
        crc.update(of, 0, checked);
        return (int) crc.getValue();
    }
}
