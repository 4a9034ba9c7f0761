package io.resilver.transport.codec;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Writes the forms of the wire into a bounded buffer. */
public final class ByteWriter {
    /** A text is for people: what is longer is cut, so that an error never outgrows a frame. */
    static final int MAX_TEXT_BYTES = 4096;

    private final ByteBuf out;
    private final int end;

    /**
     * A writer.
     *
     * @param out where to
     * @param end the index at which the frame's body must end at the latest, exclusive
     */
    ByteWriter(ByteBuf out, int end) {
        this.out = out;
        this.end = end;
    }

    /** Writes a value of a type. */
    @FunctionalInterface
    interface Form<T> {
        void write(ByteWriter out, T value) throws WireException;
    }

    void i8(int value) throws WireException {
        room(1);
        out.writeByte(value);
    }

    void i32(int value) throws WireException {
        room(4);
        out.writeInt(value);
    }

    void i64(long value) throws WireException {
        room(8);
        out.writeLong(value);
    }

    void flag(boolean value) throws WireException {
        i8(value ? 1 : 0);
    }

    /** An id: short, and ASCII by the rule of all ids. */
    void id(String value) throws WireException {
        room(1 + value.length());
        out.writeByte(value.length());
        out.writeCharSequence(value, StandardCharsets.US_ASCII);
    }

    void text(String value) throws WireException {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, MAX_TEXT_BYTES);
        while (length < bytes.length && length > 0 && (bytes[length] & 0xC0) == 0x80) {
            length--; // never inside a character
        }
        room(2 + length);
        out.writeShort(length);
        out.writeBytes(bytes, 0, length);
    }

    void bytes(ByteBuffer value) throws WireException {
        room(4 + (long) value.remaining());
        out.writeInt(value.remaining());
        out.writeBytes(value.duplicate());
    }

    <T> void optional(Optional<T> value, Form<T> form) throws WireException {
        flag(value.isPresent());
        if (value.isPresent()) {
            form.write(this, value.get());
        }
    }

    <T> void list(List<T> values, Form<T> form) throws WireException {
        i32(values.size());
        for (T value : values) {
            form.write(this, value);
        }
    }

    private void room(long bytes) throws WireException {
        if (bytes > end - out.writerIndex()) {
            throw WireException.malformed(
                    "a message of more than " + end + " bytes fits in no frame: use smaller entries or ranges");
        }
    }
}
