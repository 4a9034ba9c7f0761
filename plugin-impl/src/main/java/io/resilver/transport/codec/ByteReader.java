package io.resilver.transport.codec;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the forms of the wire, and believes nothing. */
public final class ByteReader {
    private final ByteBuffer in;

    /**
     * A reader.
     *
     * @param in a whole body; what is read may share its bytes
     */
    public ByteReader(ByteBuffer in) {
        this.in = in.duplicate();
    }

    /** Reads a value of a type. */
    @FunctionalInterface
    interface Form<T> {
        T read(ByteReader in) throws WireException;
    }

    /** Makes a value from parts that were read; the value's own checks are the wire's checks. */
    @FunctionalInterface
    interface Made<T> {
        T make() throws WireException;
    }

    byte i8() throws WireException {
        need(1);
        return in.get();
    }

    int i32() throws WireException {
        need(4);
        return in.getInt();
    }

    long i64() throws WireException {
        need(8);
        return in.getLong();
    }

    boolean flag() throws WireException {
        byte value = i8();
        if (value != 0 && value != 1) {
            throw WireException.malformed("a flag is 0 or 1, not " + value);
        }
        return value == 1;
    }

    String id() throws WireException {
        int length = i8() & 0xFF;
        need(length);
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1); // what is not ASCII fails the id's own check
    }

    String text() throws WireException {
        need(2);
        int length = in.getShort() & 0xFFFF;
        if (length > ByteWriter.MAX_TEXT_BYTES) {
            throw WireException.malformed("a text of " + length + " bytes is too long");
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(take(length)).toString();
        } catch (CharacterCodingException e) {
            throw WireException.malformed("a text is not UTF-8");
        }
    }

    ByteBuffer bytes() throws WireException {
        return take(i32());
    }

    <T> Optional<T> optional(Form<T> form) throws WireException {
        return flag() ? Optional.of(form.read(this)) : Optional.empty();
    }

    /** A list whose elements have at least so many bytes each: a count beyond what is there is refused unread. */
    <T> List<T> list(int leastBytes, Form<T> form) throws WireException {
        int count = i32();
        if (count < 0 || count > in.remaining() / leastBytes) {
            throw WireException.malformed("a list of " + Integer.toUnsignedString(count) + " elements does not fit in "
                    + in.remaining() + " bytes");
        }
        List<T> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(form.read(this));
        }
        return values;
    }

    /** Makes a value; one that its own type refuses is malformed. */
    static <T> T made(Made<T> made) throws WireException {
        try {
            return made.make();
        } catch (IllegalArgumentException e) {
            throw WireException.malformed(String.valueOf(e.getMessage()));
        }
    }

    /** Reads a whole body, to its last byte. */
    static <T> T whole(ByteBuffer body, Form<T> form) throws WireException {
        ByteReader reader = new ByteReader(body);
        T value = made(() -> form.read(reader));
        if (reader.in.hasRemaining()) {
            throw WireException.malformed(reader.in.remaining() + " bytes are left over");
        }
        return value;
    }

    private ByteBuffer take(int length) throws WireException {
        need(length);
        ByteBuffer taken = in.slice(in.position(), length);
        in.position(in.position() + length);
        return taken;
    }

    private void need(int bytes) throws WireException {
        if (bytes < 0 || bytes > in.remaining()) {
            throw WireException.malformed(
                    Integer.toUnsignedString(bytes) + " bytes are needed, " + in.remaining() + " are left");
        }
    }
}
