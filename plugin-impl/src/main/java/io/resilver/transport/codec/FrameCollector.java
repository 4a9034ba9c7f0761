package io.resilver.transport.codec;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Collects what comes into frames. Each byte is copied once, out of the socket's buffer into the frame's own array, which the
 * frame then shares with everything that is read from it. Holds at most one frame that is not whole, and no more memory than
 * a few times what has come of it, or as much as the last frame had: a length alone costs a peer nothing, and must cost this end
 * nothing. Arrays of frames that nobody reads any more are used again, since a new one is set to zero first. Not thread safe.
 */
public final class FrameCollector {
    /** Allocated at once for a frame that states more: what one read of a socket brings. */
    private static final int FIRST_BYTES = 64 << 10;

    private static final int GROWTH = 4;

    /** Arrays that are kept, together: a window of the default length. */
    static final int MOST_SPARE_BYTES = 8 << 20;

    private static final byte[] NOTHING = {};

    private final ByteBuffer length = ByteBuffer.allocate(FrameCodec.LENGTH_BYTES);
    private byte[] bytes = NOTHING;
    private int filled;
    /** How long the last whole frame was. */
    private int last;

    private final ArrayDeque<byte[]> spare = new ArrayDeque<>();
    private int spareBytes;

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
                grow(whole, in.getByte(in.readerIndex()));
            }
            int some = Math.min(
                    in.readableBytes(), Math.min(bytes.length, whole) - filled); // it may be another's, and longer
            in.readBytes(bytes, filled, some);
            filled += some;
        }
        return filled < whole ? Optional.empty() : Optional.of(collected(whole));
    }

    private void grow(int whole, byte next) {
        Optional<byte[]> used = filled == 0 && next == FrameType.BASE_RANGE.code() ? fitting(whole) : Optional.empty();
        int first = Math.max(FIRST_BYTES, last);
        bytes = used.orElseGet(() -> Arrays.copyOf(bytes, Math.min(whole, Math.max(first, GROWTH * filled))));
    }

    /** Only ranges take one: what is read from other frames may be kept for longer than the bytes that it is counted for. */
    private Optional<byte[]> fitting(int whole) {
        for (Iterator<byte[]> each = spare.iterator(); each.hasNext(); ) {
            byte[] array = each.next();
            if (array.length >= whole && whole > FIRST_BYTES) {
                each.remove();
                spareBytes -= array.length;
                return Optional.of(array);
            }
        }
        return Optional.empty();
    }

    /**
     * Takes back the array of a long frame, for ranges.
     *
     * @param frame of this collector, of which nothing is read any more, nor of what was read from it
     */
    public void reuse(Frame frame) {
        byte[] free = frame.body().array();
        if (free.length > FIRST_BYTES && spareBytes + free.length <= MOST_SPARE_BYTES) {
            spare.add(free);
            spareBytes += free.length;
        }
    }

    /** Lets go of the arrays that were taken back: no more long frames are expected. */
    public void forgetSpare() {
        spare.clear();
        spareBytes = 0;
    }

    private Frame collected(int whole) throws WireException {
        ByteBuffer all = ByteBuffer.wrap(bytes, 0, whole);
        bytes = NOTHING;
        filled = 0;
        last = whole;
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
