package io.resilver.host.volume.log;

import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.MintId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The bytes of a record: magic, length of the whole record, CRC32C, type, previous LSN and epoch, LSN, epoch, flushed LSN;
 * then, for the first entry of a writer, the length and text of its mint id; then the payload.
 *
 * <p>The checksum begins with the segment's random salt and the record's offset. So a record is valid in its own place
 * only: a copy of it inside a payload, or left over from another file, is never taken for one.
 */
final class RecordFormat {
    /** The bytes before mint id and payload. */
    static final int HEADER = 3 * Integer.BYTES + 1 + 5 * Long.BYTES;

    /** Longer payloads are refused when written, so a longer length is damage: it bounds what a reader allocates. */
    static final int MOST_PAYLOAD = 32 << 20;

    /** The longest record. */
    static final int MOST_BYTES = HEADER + 129 + MOST_PAYLOAD;

    private static final int MAGIC = 0x52534c45; // RSLE
    private static final int LENGTH_AT = Integer.BYTES;
    private static final int CRC_AT = 2 * Integer.BYTES;
    private static final int TYPE_AT = 3 * Integer.BYTES;

    private RecordFormat() {}

    /** Appends a record's bytes to a buffer that has room for them. */
    static void encode(LogRecord record, ByteBuffer into, long salt, long offset) {
        int start = into.position();
        into.putInt(MAGIC).putInt(record.bytes()).putInt(0).put(record.type().code);
        into.putLong(record.previous().lsn()).putLong(record.previous().epoch());
        into.putLong(record.lsn()).putLong(record.epoch()).putLong(record.flushedLsn());
        if (record.type() == LogRecord.Type.FIRST_OF_WRITER) {
            byte[] mint = record.mint().map(MintId::value).orElse("").getBytes(StandardCharsets.US_ASCII);
            into.put((byte) mint.length).put(mint);
        }
        into.put(record.payload().duplicate());
        into.putInt(start + CRC_AT, checksum(into, start, record.bytes(), salt, offset));
    }

    /** The length that a header states, or 0 for what can be no record; the buffer holds at least a header there. */
    static int lengthAt(ByteBuffer bytes, int at) {
        int length = bytes.getInt(at + LENGTH_AT);
        return bytes.getInt(at) == MAGIC && length >= HEADER && length <= MOST_BYTES ? length : 0;
    }

    /** The record at a place of a buffer that holds all of it, or empty when it is not valid there. */
    static Optional<LogRecord> decode(ByteBuffer bytes, int at, int length, long salt, long offset) {
        if (bytes.getInt(at + CRC_AT) != checksum(bytes, at, length, salt, offset)) {
            return Optional.empty();
        }
        try {
            return LogRecord.Type.of(bytes.get(at + TYPE_AT)).map(type -> record(type, bytes, at, length));
        } catch (BufferUnderflowException | IllegalArgumentException none) {
            return Optional.empty(); // well summed, and nothing that is ever written
        }
    }

    private static LogRecord record(LogRecord.Type type, ByteBuffer bytes, int at, int length) {
        int fields = at + TYPE_AT + 1;
        EntryId previous = new EntryId(bytes.getLong(fields), bytes.getLong(fields + Long.BYTES));
        long lsn = bytes.getLong(fields + 2 * Long.BYTES);
        long epoch = bytes.getLong(fields + 3 * Long.BYTES);
        long flushed = bytes.getLong(fields + 4 * Long.BYTES);
        ByteBuffer rest = bytes.slice(at + HEADER, length - HEADER);
        if (type != LogRecord.Type.FIRST_OF_WRITER) {
            return new LogRecord(type, previous, lsn, epoch, flushed, Optional.empty(), rest);
        }
        Optional<MintId> mint = mint(rest);
        return new LogRecord(type, previous, lsn, epoch, flushed, mint, rest.slice());
    }

    private static Optional<MintId> mint(ByteBuffer in) {
        byte[] text = new byte[Byte.toUnsignedInt(in.get())];
        in.get(text);
        return text.length == 0
                ? Optional.empty()
                : Optional.of(new MintId(new String(text, StandardCharsets.US_ASCII)));
    }

    private static int checksum(ByteBuffer bytes, int at, int length, long salt, long offset) {
        CRC32C crc = new CRC32C();
        byte[] place = new byte[2 * Long.BYTES];
        ByteBuffer.wrap(place).putLong(salt).putLong(offset);
        crc.update(place);
        update(crc, bytes, at, CRC_AT);
        update(crc, bytes, at + TYPE_AT, length - TYPE_AT);
        return (int) crc.getValue();
    }

    private static void update(CRC32C crc, ByteBuffer bytes, int at, int length) {
        if (bytes.hasArray()) {
            crc.update(bytes.array(), bytes.arrayOffset() + at, length);
        } else {
            crc.update(bytes.slice(at, length));
        }
    }
}
