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

    private final Path path;
    private final SegmentHeader header;
    private final DiskFile file;
    private final ConcurrentSkipListMap<Long, Long> offsetsByLsn = new ConcurrentSkipListMap<>();
    private volatile long end = SegmentHeader.BYTES;

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
        ByteBuffer buffer =
                ByteBuffer.allocate(records.stream().mapToInt(LogRecord::bytes).sum());
        long start = end;
        for (LogRecord record : records) {
            RecordFormat.encode(record, buffer, salt(), start + buffer.position());
        }
        try {
            file.write(start, buffer.flip());
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

    /** Tells of an entry at an offset; called in order, before {@link #endsAt}. */
    void mark(long lsn, long offset) {
        Map.Entry<Long, Long> last = offsetsByLsn.lastEntry();
        if (last == null || offset - last.getValue() >= MARK_EVERY_BYTES) {
            offsetsByLsn.put(lsn, offset);
        }
    }

    void endsAt(long offset) {
        end = offset;
        Map.Entry<Long, Long> last = offsetsByLsn.lastEntry();
        while (last != null && last.getValue() >= offset) {
            offsetsByLsn.remove(last.getKey());
            last = offsetsByLsn.lastEntry();
        }
    }

    /** Where to begin to look for what follows an LSN: a record's beginning at or before it. */
    long offsetBefore(long lsn) {
        Map.Entry<Long, Long> mark = offsetsByLsn.floorEntry(lsn);
        return mark == null ? SegmentHeader.BYTES : mark.getValue();
    }
}
