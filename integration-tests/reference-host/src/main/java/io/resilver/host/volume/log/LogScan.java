package io.resilver.host.volume.log;

import io.resilver.host.disk.Damage;
import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.host.volume.meta.Meta;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads a log from its files and changes nothing.
 *
 * <p><b>A torn tail and damage.</b> Bytes behind the last sync may reach the disk in any part and any order, so an invalid
 * record is a torn tail exactly as long as nothing proves that it was durable. Proofs are: what the meta file says; a
 * later segment, since a segment is created only after the one before it was synced; a valid record further behind that
 * was written when more was flushed already. Then it is damage, and is named.
 */
final class LogScan implements Closeable {
    private static final int SEARCH_WINDOW = 1 << 20;

    private final Disk disk;
    private final Path directory;
    private final Meta.Content content;
    private final boolean writable;
    private final List<Segment> segments = new ArrayList<>();
    private final List<Path> leftovers = new ArrayList<>();
    private EntryId head;
    private Lineage lineage;
    private long bound;
    private long durable;
    private boolean ended;

    private LogScan(Disk disk, Path directory, Meta.Content content, boolean writable) {
        this.disk = disk;
        this.directory = directory;
        this.content = content;
        this.writable = writable;
        this.head = content.tail();
        this.lineage = content.lineage().upTo(content.tail().lsn());
        this.bound = content.committed();
        this.durable = content.durable();
    }

    /** Scans; the caller closes the files unless it keeps the segments. */
    static LogScan scan(Disk disk, Path directory, Meta.Content content, boolean writable)
            throws IOException, RecoveryException {
        LogScan scan = new LogScan(disk, directory, content, writable);
        boolean whole = false;
        try {
            scan.run();
            whole = true;
            return scan;
        } finally {
            if (!whole) {
                scan.close();
            }
        }
    }

    /** The live segments, ascending; at least one. */
    List<Segment> segments() {
        return segments;
    }

    /** Files that count no more: trimmed, cut off, or created and never used. */
    List<Path> leftovers() {
        return leftovers;
    }

    Appended found() {
        return new Appended(0, head, lineage, bound);
    }

    /** Up to where the log is proved to have been durable: at least this. */
    long durable() {
        return durable;
    }

    private void run() throws IOException, RecoveryException {
        List<Path> files = candidates();
        for (int i = 0; i < files.size(); i++) {
            if (ended) {
                leftovers.add(files.get(i));
            } else {
                read(files.get(i), i, i == files.size() - 1);
            }
        }
        if (durable > head.lsn()) {
            Segment last = segments.get(segments.size() - 1);
            throw Damage.found(
                    "the log was durable up to LSN " + durable + " and ends at " + head.lsn(), last.path(), last.end());
        }
    }

    private List<Path> candidates() throws IOException, CorruptException {
        List<Path> files = new ArrayList<>();
        long first = -1;
        for (String name : disk.list(directory)) {
            OptionalLong lsn = Segment.lsnOf(name);
            if (lsn.isEmpty()) {
                continue;
            }
            Path file = directory.resolve(name);
            if (lsn.getAsLong() < content.tail().lsn()
                    || lsn.getAsLong() > content.cut().orElse(Long.MAX_VALUE)) {
                leftovers.add(file);
                continue;
            }
            first = files.isEmpty() ? lsn.getAsLong() : first;
            durable = Math.max(durable, lsn.getAsLong());
            files.add(file);
        }
        if (first != content.tail().lsn()) {
            Path missing = directory.resolve(Segment.name(content.tail().lsn()));
            throw Damage.found("the log's first segment is missing", missing, 0);
        }
        return files;
    }

    private void read(Path path, int index, boolean last) throws IOException, RecoveryException {
        DiskFile file = writable ? disk.open(path) : disk.openToRead(path);
        boolean kept = false;
        try {
            ByteBuffer bytes = ByteBuffer.allocate(SegmentHeader.BYTES);
            file.read(0, bytes);
            Optional<SegmentHeader> header = SegmentHeader.decode(bytes.flip());
            if (header.isEmpty() && last && index > 0 && file.size() <= SegmentHeader.BYTES) {
                leftovers.add(path); // records follow only after the header was synced: a crash while it was created
                return;
            }
            Segment segment = new Segment(path, verified(path, header), file);
            segments.add(segment);
            kept = true;
            records(segment, last);
        } finally {
            if (!kept) {
                file.close();
            }
        }
    }

    private SegmentHeader verified(Path path, Optional<SegmentHeader> header) throws RecoveryException {
        if (header.isEmpty()) {
            throw Damage.found("the segment's header is damaged", path, 0);
        }
        if (header.get().version() != SegmentHeader.VERSION) {
            throw new PermanentException(path + " has format version "
                    + header.get().version() + "; this program reads " + SegmentHeader.VERSION + ": use a newer one");
        }
        if (!header.get().previous().equals(head)
                || !path.endsWith(Segment.name(header.get().previous().lsn()))) {
            throw Damage.found(
                    "the segment follows entry " + header.get().previous() + " and the log before it ends at " + head,
                    path,
                    0);
        }
        return header.get();
    }

    private void records(Segment segment, boolean last) throws IOException, CorruptException {
        long size = segment.file().size();
        RecordStream stream = new RecordStream(segment.file(), segment.salt(), SegmentHeader.BYTES);
        Optional<LogRecord> next = stream.peek(size);
        while (next.isPresent() && !ended) {
            LogRecord record = next.get();
            if (record.isEntry() && record.lsn() > content.cut().orElse(Long.MAX_VALUE)) {
                ended = true;
            } else {
                take(segment, record, stream.position());
                stream.advance(record);
                next = stream.peek(size);
            }
        }
        long end = stream.position();
        segment.endsAt(end);
        if (end < size && !ended) {
            durable = Math.max(durable, provedBehind(segment, end, size));
            if (!last || durable > head.lsn()) {
                throw Damage.found("the record behind entry " + head + " is damaged", segment.path(), end);
            }
        }
    }

    private void take(Segment segment, LogRecord record, long offset) throws CorruptException {
        if (!record.previous().equals(head)) {
            throw Damage.found(
                    "a record follows entry " + record.previous() + " and the log before it ends at " + head,
                    segment.path(),
                    offset);
        }
        durable = Math.max(durable, record.flushedLsn());
        if (!record.isEntry()) {
            bound = Math.max(bound, record.lsn());
            return;
        }
        if (record.type() == LogRecord.Type.FIRST_OF_WRITER) {
            lineage = grown(segment, new LineageElement(record.epoch(), record.mint(), head.lsn() + 1), offset);
        }
        if (lineage.last().map(LineageElement::epoch).orElse(0L) != record.epoch()) {
            throw Damage.found(
                    "entry " + record.id() + " was not written by the last of " + lineage, segment.path(), offset);
        }
        segment.mark(record.lsn(), offset);
        head = record.id();
    }

    private Lineage grown(Segment segment, LineageElement writer, long offset) throws CorruptException {
        try {
            return lineage.then(writer);
        } catch (IllegalArgumentException older) {
            throw Damage.found("a record cannot be in this log, " + older.getMessage(), segment.path(), offset);
        }
    }

    /** What the valid records behind a damaged one prove to have been flushed, or 0. */
    private static long provedBehind(Segment segment, long from, long size) throws IOException {
        long proved = 0;
        int overlap = RecordFormat.HEADER - 1; // a header may lie across two windows
        ByteBuffer window = ByteBuffer.allocate(SEARCH_WINDOW + overlap);
        for (long start = from + 1; start + RecordFormat.HEADER <= size; start += SEARCH_WINDOW) {
            segment.file().read(start, window.clear());
            window.flip();
            for (int i = 0; i + RecordFormat.HEADER <= window.limit() && i < SEARCH_WINDOW; i++) {
                if (RecordFormat.lengthAt(window, i) != 0) {
                    Optional<LogRecord> record = new RecordStream(segment.file(), segment.salt(), start + i).peek(size);
                    proved = Math.max(proved, record.map(LogRecord::flushedLsn).orElse(0L));
                }
            }
        }
        return proved;
    }

    @Override
    public void close() throws IOException {
        for (Segment segment : segments) {
            segment.file().close();
        }
    }
}
