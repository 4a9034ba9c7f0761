package io.resilver.host.volume.log;

import io.resilver.host.disk.Damage;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads durable entries forwards while others are appended, and verifies each: its checksum, and that it follows the one
 * before it. Not thread safe.
 */
public final class LogReader {
    private final SegmentLog log;
    private final long afterLsn;
    private final long cuts;
    private Segment segment;
    private RecordStream stream;
    private Optional<EntryId> last = Optional.empty();

    LogReader(SegmentLog log, long afterLsn) throws LogTrimmedException {
        this.log = log;
        this.afterLsn = afterLsn;
        this.cuts = log.cuts();
        this.segment = log.segmentFor(afterLsn);
        this.stream = new RecordStream(segment.file(), segment.salt(), segment.offsetBefore(afterLsn));
    }

    /**
     * The next durable entries; an empty batch at the head, which goes on later.
     *
     * @param upToLsn inclusive
     * @param maxBytes stop before the payloads exceed it, but return at least one entry if there is one
     */
    public EntryBatch next(long upToLsn, int maxBytes) throws IOException, RecoveryException {
        Appended flushed = log.flushed();
        long limit = Math.min(upToLsn, flushed.head().lsn());
        List<LogEntry> entries = new ArrayList<>();
        EntryId previous = seek(Math.min(afterLsn, limit));
        try {
            long bytes = 0;
            Optional<LogRecord> next = nextEntry(limit);
            while (next.isPresent()
                    && (entries.isEmpty() || bytes + next.get().payload().remaining() <= maxBytes)) {
                LogRecord record = next.get();
                take(record);
                bytes += record.payload().remaining();
                entries.add(new LogEntry(record.lsn(), record.epoch(), record.payload()));
                next = bytes >= maxBytes ? Optional.empty() : nextEntry(limit);
            }
        } catch (IOException | CorruptException e) {
            checkUncut(); // what looks damaged may be the place where another thread just cut the log off
            checkHeld();
            throw e;
        }
        checkUncut();
        return new EntryBatch(previous, entries, writersOf(entries, flushed.lineage()));
    }

    /** Goes past entries up to an LSN, if it is not there yet, and tells the entry before what comes next. */
    EntryId seek(long lsn) throws IOException, RecoveryException {
        try {
            Optional<LogRecord> next = nextEntry(lsn);
            while (next.isPresent()) {
                take(next.get());
                next = nextEntry(lsn);
            }
        } catch (IOException | CorruptException e) {
            checkUncut();
            throw e;
        }
        return last.orElse(segment.previous());
    }

    Segment segment() {
        return segment;
    }

    long offset() {
        return stream.position();
    }

    /** The next entry if it is at or below a limit; goes past notes and from segment to segment. */
    private Optional<LogRecord> nextEntry(long limit) throws IOException, RecoveryException {
        while (true) {
            // First: then this segment's end is final if there is one.
            Optional<Segment> following = log.files().after(segment);
            if (following.isPresent() && last.equals(following.map(Segment::previous))) {
                // Only notes are left behind the last entry, and trimming may have closed the file.
                enter(following.get());
                continue;
            }
            long end = segment.end();
            Optional<LogRecord> record;
            try {
                record = stream.peek(end);
            } catch (IOException e) {
                if (!log.files().contains(segment)
                        && last.equals(log.files().after(segment).map(Segment::previous))) {
                    continue; // another thread began the next one and trimmed this one, since it was looked for
                }
                throw e;
            }
            if (record.isPresent()) {
                verifyChain(record.get());
                if (record.get().isEntry()) {
                    return record.get().lsn() <= limit ? record : Optional.empty();
                }
                stream.advance(record.get());
            } else if (stream.position() < end) {
                throw Damage.found(
                        "the record behind entry " + last.orElse(segment.previous()) + " is damaged",
                        segment.path(),
                        stream.position());
            } else if (following.isEmpty()) {
                return Optional.empty();
            } else {
                enter(following.get());
            }
        }
    }

    private void enter(Segment next) throws RecoveryException {
        EntryId before = last.orElse(segment.previous());
        if (next.previous().lsn() > before.lsn()) {
            checkUncut();
            throw new LogTrimmedException(
                    "a reader at LSN " + before.lsn() + " was overtaken: the log now begins after "
                            + next.previous().lsn(),
                    next.previous().lsn());
        }
        segment = next;
        stream = new RecordStream(next.file(), next.salt(), SegmentHeader.BYTES);
        last = Optional.of(next.previous());
    }

    private void verifyChain(LogRecord record) throws CorruptException {
        if (last.isEmpty()) {
            last = Optional.of(record.previous()); // a reader begins in the middle of a segment
        }
        if (!record.previous().equals(last.get())) {
            throw Damage.found(
                    "a record follows entry " + record.previous() + ", not " + last.get(),
                    segment.path(),
                    stream.position());
        }
    }

    private void take(LogRecord record) {
        last = Optional.of(record.id());
        stream.advance(record);
    }

    private void checkUncut() throws RetriableException {
        if (log.cuts() != cuts) {
            throw new RetriableException("the log was truncated while it was read: plan again", Duration.ZERO);
        }
    }

    private void checkHeld() throws RetriableException {
        if (!log.files().contains(segment)) {
            throw new RetriableException("the log was trimmed while it was read: open it again", Duration.ZERO);
        }
    }

    private static List<LineageElement> writersOf(List<LogEntry> entries, Lineage lineage) {
        List<LineageElement> writers = new ArrayList<>();
        long epoch = 0;
        for (LogEntry entry : entries) {
            if (entry.epoch() != epoch) {
                epoch = entry.epoch();
                lineage.writerOf(entry.lsn()).ifPresent(writers::add);
            }
        }
        return writers;
    }
}
