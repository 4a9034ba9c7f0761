package io.resilver.rocksdb.engine;

import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The bytes of a write batch, as RocksDB has them in its log: a sequence number, a count, then the records. They are looked through
 * without a copy, so that nothing is written to a log that could not be applied, at this replica or at another one.
 *
 * <p>An entry may begin with one record of Resilver's own, which names the epoch that wrote it and is there in the first entry of
 * each epoch only: a key in a column family of its own. It takes a sequence number like any other, is applied with the
 * entry in one act, and is the same at every replica. All other records are of the default column family.
 */
public final class BatchFormat {
    /** The number of the column family of the lineage; the default one has number 0. */
    public static final int LINEAGE_FAMILY = 1;

    private static final int COUNT_AT = Long.BYTES;
    private static final int HEADER = Long.BYTES + Integer.BYTES;
    private static final int MOST_VARINT_BYTES = 5;

    private static final int DELETION = 0x0;
    private static final int VALUE = 0x1;
    private static final int MERGE = 0x2;
    private static final int LOG_DATA = 0x3;
    private static final int FAMILY_VALUE = 0x5;
    private static final int SINGLE_DELETION = 0x7;
    private static final int RANGE_DELETION = 0xF;

    private BatchFormat() {}

    /**
     * What the bytes say.
     *
     * @param sequence the sequence number of the first record, 0 for a batch that was not written yet
     * @param count how many sequence numbers it takes
     * @param writer the epoch that it begins, or empty
     */
    public record Batch(long sequence, int count, Optional<LineageElement> writer) {}

    /**
     * Looks through a whole batch.
     *
     * @param batch the bytes, read between position and limit and left as they are
     * @return what they say
     * @throws IllegalArgumentException when it is none that every replica can apply, or takes no sequence number
     */
    public static Batch read(ByteBuffer batch) {
        ByteBuffer in = batch.slice().order(ByteOrder.LITTLE_ENDIAN);
        try {
            long sequence = in.getLong();
            int count = in.getInt();
            Optional<LineageElement> writer = writer(in);
            int found = writer.isPresent() ? 1 : 0;
            while (in.hasRemaining()) {
                found += record(in);
            }
            if (found != count || count < 1 || sequence < 0) {
                throw new IllegalArgumentException("a write batch at sequence number " + sequence + " says " + count
                        + " records and has " + found);
            }
            return new Batch(sequence, count, writer);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException(
                    "a write batch of " + batch.remaining() + " bytes ends within a record", e);
        }
    }

    /** The count of a batch that RocksDB read from its own log. */
    static int count(byte[] batch) {
        return ByteBuffer.wrap(batch).order(ByteOrder.LITTLE_ENDIAN).getInt(COUNT_AT);
    }

    /**
     * The same batch, beginning with the record that names the epoch.
     *
     * @param batch a batch without one
     * @param writer the epoch
     * @return a new batch
     */
    public static byte[] begunBy(LineageElement writer, byte[] batch) {
        byte[] key = key(writer);
        byte[] value = value(writer);
        ByteBuffer out = ByteBuffer.allocate(batch.length + 2 + 2 * MOST_VARINT_BYTES + key.length + value.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        out.put(batch, 0, COUNT_AT).putInt(count(batch) + 1);
        out.put((byte) FAMILY_VALUE).put((byte) LINEAGE_FAMILY);
        putVarint(out, key.length);
        out.put(key);
        putVarint(out, value.length);
        out.put(value).put(batch, HEADER, batch.length - HEADER).flip();
        byte[] whole = new byte[out.remaining()];
        out.get(whole);
        return whole;
    }

    private static byte[] key(LineageElement element) {
        return ByteBuffer.allocate(Long.BYTES).putLong(element.epoch()).array(); // big endian: sorted by epoch
    }

    private static byte[] value(LineageElement element) {
        byte[] mint = element.mint().map(MintId::value).orElse("").getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(Long.BYTES + mint.length)
                .putLong(element.firstLsn())
                .put(mint)
                .array();
    }

    /**
     * The element that a key and its value stand for.
     *
     * @throws IllegalArgumentException when they stand for none
     */
    static LineageElement element(ByteBuffer key, ByteBuffer value) {
        if (key.remaining() != Long.BYTES || value.remaining() < Long.BYTES) {
            throw new IllegalArgumentException("a key of " + key.remaining() + " and a value of " + value.remaining()
                    + " bytes are no element of a lineage");
        }
        long epoch = key.duplicate().order(ByteOrder.BIG_ENDIAN).getLong();
        ByteBuffer rest = value.duplicate().order(ByteOrder.BIG_ENDIAN);
        long first = rest.getLong();
        String mint = StandardCharsets.US_ASCII.decode(rest).toString();
        return new LineageElement(epoch, mint.isEmpty() ? Optional.empty() : Optional.of(new MintId(mint)), first);
    }

    private static Optional<LineageElement> writer(ByteBuffer in) {
        if (!in.hasRemaining() || in.get(in.position()) != FAMILY_VALUE) {
            return Optional.empty();
        }
        in.get();
        int family = varint(in);
        if (family != LINEAGE_FAMILY) {
            throw new IllegalArgumentException(
                    "a write batch changes column family " + family + ", which no store has");
        }
        return Optional.of(element(piece(in), piece(in)));
    }

    /** Goes past one record, and tells how many sequence numbers it takes. */
    private static int record(ByteBuffer in) {
        int tag = in.get();
        switch (tag) {
            case VALUE -> {
                piece(in);
                piece(in);
                return 1;
            }
            case DELETION -> {
                piece(in);
                return 1;
            }
            case RANGE_DELETION -> {
                requireRange(piece(in), piece(in));
                return 1;
            }
            case LOG_DATA -> {
                piece(in);
                return 0;
            }
            case MERGE -> throw refused("a merge, and a store has no merge operator to read it with");
            case SINGLE_DELETION ->
                throw refused("a single delete, which RocksDB drops together with its put: the log would be durable"
                        + " beyond the last sequence number of the tables. Delete instead");
            default -> throw refused("a record of kind " + tag);
        }
    }

    private static IllegalArgumentException refused(String what) {
        return new IllegalArgumentException("a write batch has " + what
                + ": only the default column family can be written, by put, delete and delete range");
    }

    /** RocksDB refuses one that ends before it begins, after it is in the log; an empty one takes a number and leaves nothing. */
    private static void requireRange(ByteBuffer begin, ByteBuffer end) {
        int same = begin.mismatch(end);
        boolean before = same >= 0
                && same < end.limit()
                && (same == begin.limit() || (begin.get(same) & 0xff) < (end.get(same) & 0xff));
        if (!before) {
            throw refused("a delete range whose end is not above its begin");
        }
    }

    /** Goes past bytes with their length before them, and shows them. */
    private static ByteBuffer piece(ByteBuffer in) {
        int length = varint(in);
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer piece = in.slice(in.position(), length);
        in.position(in.position() + length);
        return piece;
    }

    private static int varint(ByteBuffer in) {
        int value = 0;
        for (int shift = 0; shift < MOST_VARINT_BYTES * 7; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a write batch has a length of more than 32 bits");
    }

    private static void putVarint(ByteBuffer out, int value) {
        int left = value;
        while (left >= 0x80) {
            out.put((byte) (left | 0x80));
            left >>>= 7;
        }
        out.put((byte) left);
    }
}
