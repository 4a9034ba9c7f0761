package io.resilver.host.volume.log;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.host.disk.Health;
import io.resilver.spi.model.EntryId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.random.RandomGenerator;

/** One open file of the log. One thread appends; many read what lies before {@link #end}. */
final class Segment {
    private static final String SUFFIX = ".seg";
    private static final int DIGITS = 20;

    /** A reader that opens in the middle scans at most this much; one mark takes about 100 bytes of memory. */
    private static final int MARK_EVERY_BYTES = 256 << 10;

    /** One write of records: large enough that system calls do not count, small enough to be cheap to allocate. */
    private static final int WRITE_BYTES = 256 << 10;

    /** Where {@link #mark} has the next entry marked: at the first one, and then at this offset or behind it. */
    private static final long AT_FIRST = Long.MIN_VALUE;

    private final Path path;
    private final SegmentHeader header;
    private final DiskFile file;
    private final ConcurrentSkipListMap<Long, Long> offsetsByLsn = new ConcurrentSkipListMap<>();
    private volatile long end = SegmentHeader.BYTES;
    private long markNext = AT_FIRST;

    Segment(Path path, SegmentHeader header, DiskFile file) {
        this.path = path;
        this.header = header;
        this.file = file;
    }

    /** Creates an empty segment, durable on return with its name. */
    static Segment create(Disk disk, Path directory, EntryId previous, RandomGenerator random) throws IOException {
        Path path = directory.resolve(name(previous.lsn()));
        SegmentHeader header = new SegmentHeader(SegmentHeader.VERSION, random.nextLong(), previous);
        DiskFile file = disk.create(path);
        try {
            file.write(0, header.encode());
            file.sync();
            disk.syncDirectory(directory);
        } catch (IOException e) {
            file.close();
            throw e;
        }
        return new Segment(path, header, file);
    }

    static String name(long previousLsn) {
        String digits = Long.toString(previousLsn);
        return "0".repeat(DIGITS - digits.length()) + digits + SUFFIX;
    }

    /** The LSN in a file's name, or empty for a file that is no segment. */
    static OptionalLong lsnOf(String name) {
        if (name.length() != DIGITS + SUFFIX.length()
                || !name.endsWith(SUFFIX)
                || !name.chars().limit(DIGITS).allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseLong(name.substring(0, DIGITS)));
        } catch (NumberFormatException beyondLong) {
            return OptionalLong.empty();
        }
    }

    Path path() {
        return path;
    }

    EntryId previous() {
        return header.previous();
    }

    long salt() {
        return header.salt();
    }

    DiskFile file() {
        return file;
    }

    /** The length of what was appended. */
    long end() {
        return end;
    }

    boolean isEmpty() {
        return end == SegmentHeader.BYTES;
    }

    /**
     * Writes records behind what was appended, all or nothing; not durable.
     *
     * @param health is told when part of them was written and cannot be taken back
     */
    void append(List<LogRecord> records, Health health) throws IOException {
        long start = end;
        try {
            write(records, start);
        } catch (IOException e) {
            try {
                file.resize(start);
            } catch (IOException worse) {
                health.fail(worse);
            }
            throw e;
        }
        long offset = start;
        for (LogRecord record : records) {
            if (record.isEntry()) {
                mark(record.lsn(), offset);
            }
            offset += record.bytes();
        }
        endsAt(offset);
    }

    /** Writes them in pieces: a large batch needs no large buffer. */
    private void write(List<LogRecord> records, long start) throws IOException {
        long bytes = 0;
        for (LogRecord record : records) {
            bytes += record.bytes();
        }
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(bytes, WRITE_BYTES));
        long at = start;
        for (LogRecord record : records) {
            int length = record.bytes();
            if (length > buffer.remaining()) {
                file.write(at, buffer.flip());
                at += buffer.limit();
                buffer = length > buffer.capacity() ? ByteBuffer.allocate(length) : buffer.clear();
            }
            RecordFormat.encode(record, buffer, salt(), at + buffer.position());
        }
        file.write(at, buffer.flip());
    }

    /** Tells of an entry at an offset; called in order, before {@link #endsAt}. */
    void mark(long lsn, long offset) {
        if (offset >= markNext) {
            offsetsByLsn.put(lsn, offset);
            markNext = offset + MARK_EVERY_BYTES;
        }
    }

    void endsAt(long offset) {
        end = offset;
        Map.Entry<Long, Long> last = offsetsByLsn.lastEntry();
        while (last != null && last.getValue() >= offset) {
            offsetsByLsn.remove(last.getKey());
            last = offsetsByLsn.lastEntry();
        }
        markNext = last == null ? AT_FIRST : last.getValue() + MARK_EVERY_BYTES;
    }

    /** Where to begin to look for what follows an LSN: a record's beginning at or before it. */
    long offsetBefore(long lsn) {
        Map.Entry<Long, Long> mark = offsetsByLsn.floorEntry(lsn);
        return mark == null ? SegmentHeader.BYTES : mark.getValue();
    }
}
