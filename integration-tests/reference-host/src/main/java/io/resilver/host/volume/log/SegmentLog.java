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

    private final SegmentFiles files;
    private final long segmentBytes;
    private final Health health;
    private final LogPins pins;

    /** Held while the log is synced. Whoever changes takes it after the caller's own lock, never before. */
    private final ReentrantLock syncing = new ReentrantLock();

    private volatile Appended appended;
    private volatile Appended flushed;
    private final AtomicLong cuts = new AtomicLong();

    private SegmentLog(SegmentFiles files, long segmentBytes, Health health, Appended found) {
        this.files = files;
        this.segmentBytes = segmentBytes;
        this.health = health;
        this.pins = new LogPins(files.first().previous().lsn());
        this.appended = found;
        this.flushed = found;
    }

    /** Creates the first segment of an empty log, durable on return. What lies in the directory is overwritten. */
    public static void create(Disk disk, Path directory, EntryId tail, RandomGenerator random) throws IOException {
        SegmentFiles.create(disk, directory, tail, random);
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
            SegmentFiles files = SegmentFiles.repaired(disk, directory, random, scan);
            done = true;
            return new SegmentLog(files, segmentBytes, health, scan.found());
        } finally {
            if (!done) {
                scan.close();
            }
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
        SegmentFiles files = new SegmentFiles(disk, directory, () -> 0, scan.segments());
        return new View(new SegmentLog(files, Long.MAX_VALUE, readOnly, scan.found()), scan.durable());
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
        return files.first().previous();
    }

    SegmentFiles files() {
        return files;
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
        write(List.of(LogRecord.committed(head, bound, flushed.head().lsn())));
        appended = appended.then(head, appended.lineage(), bound);
    }

    private void write(List<LogRecord> records) throws IOException, RecoveryException {
        health.check();
        Segment active = files.active();
        if (active.end() >= segmentBytes
                && active.previous().lsn() < appended.head().lsn()) {
            roll();
        }
        files.active().append(records, health);
    }

    /** Begins a new segment, which has at least one entry before it; what was appended is durable on return. */
    public void roll() throws IOException, RecoveryException {
        EntryId head = appended.head();
        if (files.active().previous().equals(head)) {
            return; // it has no entry yet, at most notes: another would have its name
        }
        flush(appended);
        files.begin(head, health);
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
                files.active().file().sync(); // earlier segments were synced when the active one began
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
            List<Segment> gone = files.retain(segment ->
                    segment.previous().lsn() <= cut.segment().previous().lsn());
            cut.segment().endsAt(cut.offset());
            Appended now =
                    appended.then(cut.head(), appended.lineage().upTo(cut.head().lsn()), flushed.noted());
            appended = now;
            flushed = now;
            try {
                files.delete(gone);
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
        return pins.raiseTail(lsn, files::tailUpTo);
    }

    /** Deletes the segments below a tail that the meta file already states. */
    public void drop(long tail) throws IOException {
        files.delete(files.retain(segment -> segment.previous().lsn() >= tail));
    }

    /** The bytes of whole segments that hold entries above an LSN and are not written to any more. */
    public long sealedBytesAbove(long lsn) {
        return files.sealedBytesAbove(lsn);
    }

    /** The least LSN to trim to so that the segments behind it stay within a size; the present tail when they do. */
    public long tailWithin(long bytes) {
        return files.tailWithin(bytes);
    }

    /** Opens a reader of durable entries after an LSN, which fails when the log no longer holds them. */
    public LogReader read(long afterLsn) throws LogTrimmedException {
        return new LogReader(this, afterLsn);
    }

    Segment segmentFor(long lsn) throws LogTrimmedException {
        return files.holding(lsn)
                .orElseThrow(() -> new LogTrimmedException(
                        "the log in " + files.directory() + " no longer holds what follows LSN " + lsn, pins.tail()));
    }

    /** Closes the files. Makes nothing durable. */
    public void close() throws IOException {
        pins.closeAll();
        files.close();
    }

    private record CutPoint(Segment segment, long offset, EntryId head) {}
}
