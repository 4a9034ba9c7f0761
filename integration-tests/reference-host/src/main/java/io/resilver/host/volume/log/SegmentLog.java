package io.resilver.host.volume.log;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.Health;
import io.resilver.host.volume.meta.Meta;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/**
 * The log of one store. Changes (append, note, truncate, drop, close) are made by one thread at a time: the caller sees to
 * that. {@link #flush} may be called by any number of threads beside them, and one sync serves all that wait.
 */
public final class SegmentLog {
    /** The length of a segment without records. */
    public static final long EMPTY_BYTES = SegmentHeader.BYTES;

    private static final int REWRITE_CHUNK = 1 << 20;

    private final Disk disk;
    private final Path directory;
    private final long segmentBytes;
    private final RandomGenerator random;
    private final Health health;
    private final LogPins pins;

    /** Held while the log is synced. Whoever changes takes it after the caller's own lock, never before. */
    private final ReentrantLock syncing = new ReentrantLock();

    private volatile List<Segment> segments;
    private volatile Appended appended;
    private volatile Appended flushed;
    private final AtomicLong cuts = new AtomicLong();

    private SegmentLog(
            Disk disk,
            Path directory,
            long segmentBytes,
            RandomGenerator random,
            Health health,
            List<Segment> segments,
            Appended found) {
        this.disk = disk;
        this.directory = directory;
        this.segmentBytes = segmentBytes;
        this.random = random;
        this.health = health;
        this.pins = new LogPins(segments.get(0).previous().lsn());
        this.segments = List.copyOf(segments);
        this.appended = found;
        this.flushed = found;
    }

    /** Creates the first segment of an empty log, durable on return. What lies in the directory is overwritten. */
    public static void create(Disk disk, Path directory, EntryId tail, RandomGenerator random) throws IOException {
        disk.createDirectories(directory);
        for (String name : disk.list(directory)) {
            disk.delete(directory.resolve(name));
        }
        Segment.create(disk, directory, tail, random).file().close();
    }

    /**
     * Opens a log, cuts off a torn tail, finishes a truncation that was under way, and makes durable what is left.
     *
     * @throws io.resilver.spi.error.CorruptException when it is damaged: nothing was changed
     */
    public static SegmentLog open(
            Disk disk, Path directory, Meta.Content content, long segmentBytes, RandomGenerator random, Health health)
            throws IOException, RecoveryException {
        LogScan scan = LogScan.scan(disk, directory, content, true);
        boolean done = false;
        try {
            for (Path leftover : scan.leftovers()) {
                disk.delete(leftover);
            }
            disk.syncDirectory(directory);
            Segment last = scan.segments().get(scan.segments().size() - 1);
            last.file().resize(last.end());
            if (scan.durable() < scan.found().head().lsn()) {
                rewrite(last);
            }
            // A process that died leaves bytes that are in the system's memory only: they count once they are synced.
            last.file().sync();
            done = true;
            return new SegmentLog(disk, directory, segmentBytes, random, health, scan.segments(), scan.found());
        } finally {
            if (!done) {
                scan.close();
            }
        }
    }

    /**
     * Writes a segment's bytes again. After a sync that failed, the system may show bytes that are not on the disk and call
     * them clean: only writing them makes the next sync do anything about them.
     */
    private static void rewrite(Segment segment) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(REWRITE_CHUNK);
        for (long at = 0; at < segment.end(); at += REWRITE_CHUNK) {
            chunk.clear().limit((int) Math.min(REWRITE_CHUNK, segment.end() - at));
            segment.file().read(at, chunk);
            segment.file().write(at, chunk.flip());
        }
    }

    /**
     * Opens the files of a log only to read, also while another process appends to them. What it shows as flushed is what
     * lies in the files, some of which need not be durable; {@code proved} tells what is.
     */
    public static View openToRead(Disk disk, Path directory, Meta.Content content)
            throws IOException, RecoveryException {
        LogScan scan = LogScan.scan(disk, directory, content, false);
        Health readOnly = new Health(directory.toString());
        readOnly.fail(new IOException("it was opened only to read"));
        SegmentLog log =
                new SegmentLog(disk, directory, Long.MAX_VALUE, () -> 0, readOnly, scan.segments(), scan.found());
        return new View(log, scan.durable());
    }

    /**
     * A log that is only read.
     *
     * @param log refuses every change; the caller closes it
     * @param proved the log is proved to be durable at least up to this LSN
     */
    public record View(SegmentLog log, long proved) {}

    /** What was appended; not all of it need be durable. */
    public Appended appended() {
        return appended;
    }

    /** What is durable. */
    public Appended flushed() {
        return flushed;
    }

    public LogPins pins() {
        return pins;
    }

    /** The last entry that the log no longer holds. */
    public EntryId tail() {
        return segments.get(0).previous();
    }

    /** How often entries were taken away at the head: a reader that was open meanwhile must not go on. */
    long cuts() {
        return cuts.get();
    }

    /**
     * Appends entries that follow the head, all or nothing; not durable until {@link #flush}.
     *
     * @param entries at least one
     * @param writers the elements that the lineage grows by, ascending, each with its first entry here
     */
    public void append(List<LogEntry> entries, List<LineageElement> writers) throws IOException, RecoveryException {
        List<LogRecord> records = new ArrayList<>(entries.size());
        EntryId head = appended.head();
        Lineage lineage = appended.lineage();
        int writer = 0;
        for (LogEntry entry : entries) {
            boolean first = writer < writers.size() && writers.get(writer).epoch() == entry.epoch();
            if (first) {
                lineage = lineage.then(writers.get(writer));
            }
            records.add(new LogRecord(
                    first ? LogRecord.Type.FIRST_OF_WRITER : LogRecord.Type.ENTRY,
                    head,
                    entry.lsn(),
                    entry.epoch(),
                    flushed.head().lsn(),
                    first ? writers.get(writer).mint() : Optional.empty(),
                    entry.payload()));
            writer += first ? 1 : 0;
            head = entry.id();
        }
        write(records);
        appended = appended.then(head, lineage, appended.noted());
    }

    /** Notes a committed bound, at most the head; durable with the next flush. */
    public void note(long bound) throws IOException, RecoveryException {
        EntryId head = appended.head();
        write(List.of(new LogRecord(
                LogRecord.Type.COMMITTED,
                head,
                bound,
                0,
                flushed.head().lsn(),
                Optional.empty(),
                ByteBuffer.allocate(0))));
        appended = appended.then(head, appended.lineage(), bound);
    }

    private void write(List<LogRecord> records) throws IOException, RecoveryException {
        health.check();
        if (active().end() >= segmentBytes
                && active().previous().lsn() < appended.head().lsn()) {
            roll();
        }
        Segment active = active();
        int bytes = 0;
        for (LogRecord record : records) {
            bytes += record.bytes();
        }
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        long start = active.end();
        for (LogRecord record : records) {
            RecordFormat.encode(record, buffer, active.salt(), start + buffer.position());
        }
        try {
            active.file().write(start, buffer.flip());
        } catch (IOException e) {
            undo(() -> active.file().resize(start));
            throw e;
        }
        long offset = start;
        for (LogRecord record : records) {
            if (record.isEntry()) {
                active.mark(record.lsn(), offset);
            }
            offset += record.bytes();
        }
        active.endsAt(offset);
    }

    /** Begins a new segment, which has at least one entry before it; what was appended is durable on return. */
    public void roll() throws IOException, RecoveryException {
        if (active().previous().equals(appended.head())) {
            return; // it has no entry yet, at most notes: another would have its name
        }
        flush(appended);
        EntryId previous = appended.head();
        Segment next;
        try {
            next = Segment.create(disk, directory, previous, random);
        } catch (IOException e) {
            undo(() -> {
                disk.delete(directory.resolve(Segment.name(previous.lsn())));
                disk.syncDirectory(directory);
            });
            throw e;
        }
        List<Segment> longer = new ArrayList<>(segments);
        longer.add(next);
        segments = List.copyOf(longer);
    }

    private void undo(Undoing undoing) {
        try {
            undoing.run();
        } catch (IOException worse) {
            health.fail(worse);
        }
    }

    /**
     * Makes durable what was appended, at least up to a moment. Threads that wait here for each other share one sync: the
     * first one syncs everything appended so far, and those behind it find their part done.
     *
     * @param wanted what the caller needs to be durable
     * @return true when this call synced
     */
    public boolean flush(Appended wanted) throws IOException, RecoveryException {
        syncing.lock();
        try {
            if (flushed.sequence() >= wanted.sequence()) {
                return false;
            }
            health.check();
            Appended covered = appended;
            try {
                active().file().sync(); // earlier segments were synced when the active one began
            } catch (IOException e) {
                health.fail(e);
                throw e;
            }
            flushed = covered;
            return true;
        } finally {
            syncing.unlock();
        }
    }

    /**
     * The last entry at or below an LSN, durable or not.
     *
     * @param lsn at or above the tail
     */
    public EntryId lastUpTo(long lsn) throws IOException, RecoveryException {
        return cutPoint(lsn).head();
    }

    /**
     * Removes every entry above an LSN, physically; durable on return. The caller has made the intent durable, so that a
     * crash or a failure in here is finished by the next open.
     */
    public void truncate(long lsn) throws IOException, RecoveryException {
        syncing.lock();
        try {
            health.check();
            CutPoint cut = cutPoint(lsn);
            cuts.incrementAndGet();
            List<Segment> kept = new ArrayList<>();
            List<Segment> gone = new ArrayList<>();
            for (Segment segment : segments) {
                (segment.previous().lsn() <= cut.segment().previous().lsn() ? kept : gone).add(segment);
            }
            segments = List.copyOf(kept);
            cut.segment().endsAt(cut.offset());
            Appended now = appended.then(cut.head(), appended.lineage().upTo(lsn), appended.noted());
            appended = now;
            flushed = now;
            try {
                for (Segment segment : gone) {
                    segment.file().close();
                    disk.delete(segment.path());
                }
                disk.syncDirectory(directory);
                cut.segment().file().resize(cut.offset());
                cut.segment().file().sync();
            } catch (IOException e) {
                health.fail(e);
                throw e;
            }
        } finally {
            syncing.unlock();
        }
    }

    private CutPoint cutPoint(long lsn) throws IOException, RecoveryException {
        LogReader reader = new LogReader(this, lsn);
        EntryId head = reader.seek(lsn);
        return new CutPoint(reader.segment(), reader.offset(), head);
    }

    /**
     * Chooses where the log may begin: whole segments below an LSN go, and never what a pin holds. From here on no pin can
     * be taken below it; the files go with {@link #drop}.
     *
     * @param lsn the highest tail wanted
     * @return the new tail, the present one when nothing can go
     */
    public EntryId reserveTail(long lsn) {
        return pins.raiseTail(lsn, limit -> {
            EntryId tail = segments.get(0).previous();
            for (Segment segment : segments) {
                tail = segment.previous().lsn() <= limit ? segment.previous() : tail;
            }
            return tail;
        });
    }

    /** Deletes the segments below a tail that the meta file already states. */
    public void drop(long tail) throws IOException {
        List<Segment> kept = new ArrayList<>();
        List<Segment> gone = new ArrayList<>();
        for (Segment segment : segments) {
            (segment.previous().lsn() >= tail ? kept : gone).add(segment);
        }
        segments = List.copyOf(kept);
        for (Segment segment : gone) {
            segment.file().close();
            disk.delete(segment.path());
        }
        disk.syncDirectory(directory);
    }

    /** The bytes of whole segments that hold entries above an LSN and are not written to any more. */
    public long sealedBytesAbove(long lsn) {
        List<Segment> now = segments;
        long bytes = 0;
        for (int i = 0; i + 1 < now.size(); i++) {
            bytes += now.get(i + 1).previous().lsn() > lsn ? now.get(i).end() : 0;
        }
        return bytes;
    }

    /** The least LSN to trim to so that the segments behind it stay within a size; the present tail when they do. */
    public long tailWithin(long bytes) {
        List<Segment> now = segments;
        long sum = 0;
        for (int i = now.size() - 1; i > 0; i--) {
            sum += now.get(i).end();
            if (sum + now.get(i - 1).end() > bytes) {
                return now.get(i).previous().lsn();
            }
        }
        return now.get(0).previous().lsn();
    }

    /** Opens a reader of durable entries after an LSN, which fails when the log no longer holds them. */
    public LogReader read(long afterLsn) throws LogTrimmedException {
        return new LogReader(this, afterLsn);
    }

    Segment segmentFor(long lsn) throws LogTrimmedException {
        Segment found = null;
        for (Segment segment : segments) {
            if (segment.previous().lsn() <= lsn) {
                found = segment;
            }
        }
        if (found == null) {
            throw new LogTrimmedException(
                    "the log in " + directory + " no longer holds what follows LSN " + lsn, pins.tail());
        }
        return found;
    }

    Optional<Segment> after(Segment segment) {
        return segments.stream()
                .filter(other -> other.previous().lsn() > segment.previous().lsn())
                .findFirst();
    }

    boolean holds(Segment segment) {
        return segments.contains(segment);
    }

    private Segment active() {
        List<Segment> now = segments;
        return now.get(now.size() - 1);
    }

    /** Closes the files. Makes nothing durable. */
    public void close() throws IOException {
        pins.closeAll();
        for (Segment segment : segments) {
            segment.file().close();
        }
    }

    private record CutPoint(Segment segment, long offset, EntryId head) {}

    private interface Undoing {
        void run() throws IOException;
    }
}
