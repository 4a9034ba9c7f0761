package io.resilver.host.volume;

import io.resilver.hostile.Mutator;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * Changes the files of a store between their lengths and checksums, and makes both right again: so the change gets past the
 * first thing that a reader looks at, as what a faulty program wrote would.
 */
final class Resummed {
    /** Magic, version, length; the checksum at the end is over all that is before it. */
    private static final int DOCUMENT_HEADER = 3 * Integer.BYTES;

    /** Magic, version, salt, previous LSN and epoch, checksum. */
    private static final int SEGMENT_HEADER = 3 * Integer.BYTES + 3 * Long.BYTES;

    /** Magic, length, checksum; the checksum is over the segment's salt, the record's offset and all but itself. */
    private static final int RECORD_HEADER = 3 * Integer.BYTES;

    private static final int SALT_AT = 2 * Integer.BYTES;

    private final Random random;
    private final Mutator mutator;

    Resummed(Random random) {
        this.random = random;
        this.mutator = new Mutator(random);
    }

    /** A meta file, or what says which base is staged. */
    byte[] document(byte[] good) {
        byte[] content = Arrays.copyOfRange(good, DOCUMENT_HEADER, good.length - Integer.BYTES);
        byte[] changed = mutator.mutate(content, content);
        ByteBuffer document = ByteBuffer.allocate(DOCUMENT_HEADER + changed.length + Integer.BYTES);
        document.put(good, 0, SALT_AT).putInt(changed.length).put(changed);
        return document.putInt(crc(document.array(), 0, document.position())).array();
    }

    /** A segment of the log: its header is changed, or one of its records. */
    byte[] segment(byte[] good) {
        byte[] header = Arrays.copyOf(good, SEGMENT_HEADER - Integer.BYTES);
        List<byte[]> records = records(good);
        int changed = random.nextInt(records.size() + 1);
        if (changed == records.size()) {
            byte[] fields = Arrays.copyOfRange(header, Integer.BYTES, header.length);
            fields = Arrays.copyOf(mutator.mutate(fields, fields), fields.length);
            System.arraycopy(fields, 0, header, Integer.BYTES, fields.length);
        } else {
            records.set(changed, mutator.mutate(records.get(changed), records.get(random.nextInt(records.size()))));
        }
        ByteArrayOutputStream segment = new ByteArrayOutputStream();
        segment.writeBytes(header);
        segment.writeBytes(number(crc(header, 0, header.length)));
        long salt = ByteBuffer.wrap(header).getLong(SALT_AT);
        for (byte[] each : records) {
            segment.writeBytes(record(good, each, salt, segment.size()));
        }
        return segment.toByteArray();
    }

    private static List<byte[]> records(byte[] segment) {
        List<byte[]> records = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(segment);
        for (int at = SEGMENT_HEADER; at < segment.length; at += in.getInt(at + Integer.BYTES)) {
            records.add(Arrays.copyOfRange(segment, at + RECORD_HEADER, at + in.getInt(at + Integer.BYTES)));
        }
        return records;
    }

    private static byte[] record(byte[] segment, byte[] body, long salt, long offset) {
        ByteBuffer record = ByteBuffer.allocate(RECORD_HEADER + body.length);
        record.put(segment, SEGMENT_HEADER, Integer.BYTES).putInt(record.limit());
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(salt)
                .putLong(offset)
                .flip());
        crc.update(record.array(), 0, record.position());
        crc.update(body);
        return record.putInt((int) crc.getValue()).put(body).array();
    }

    /** The notes of the ranges that are staged: index, kind, checksum, LSN of the image, checksum of all. */
    byte[] notes(byte[] good) {
        int note = 2 * Long.BYTES + 3 * Integer.BYTES;
        int at = random.nextInt(good.length / note) * note;
        byte[] fields = Arrays.copyOfRange(good, at, at + note - Integer.BYTES);
        fields = Arrays.copyOf(mutator.mutate(fields, fields), fields.length);
        byte[] changed = good.clone();
        System.arraycopy(fields, 0, changed, at, fields.length);
        System.arraycopy(number(crc(fields, 0, fields.length)), 0, changed, at + fields.length, Integer.BYTES);
        return changed;
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
    }

    private static int crc(byte[] bytes, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, to);
        return (int) crc.getValue();
    }
}
