package io.resilver.host.volume.log;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.Health;
import io.resilver.spi.model.EntryId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * The files of one log: which there are, and how one is made, cut and deleted so that a crash leaves the log that was or the
 * one that was to be. One thread at a time changes them; any number look beside it, each at a list that was whole.
 */
final class SegmentFiles {
    private static final int REWRITE_CHUNK = 1 << 20;

    private final Disk disk;
    private final Path directory;
    private final RandomGenerator random;
    private volatile List<Segment> segments;

    /** Over segments that are open, ascending, at least one. */
    SegmentFiles(Disk disk, Path directory, RandomGenerator random, List<Segment> segments) {
        this.disk = disk;
        this.directory = directory;
        this.random = random;
        this.segments = List.copyOf(segments);
    }

    /** Makes the first file of an empty log, durable on return, in the place of all that lies in the directory. */
    static void create(Disk disk, Path directory, EntryId tail, RandomGenerator random) throws IOException {
        disk.createDirectories(directory);
        for (String name : disk.list(directory)) {
            disk.delete(directory.resolve(name));
        }
        Segment.create(disk, directory, tail, random).file().close();
    }

    /** Makes the files what a scan found to count, and durable. When it fails, the scan still owns what is open. */
    static SegmentFiles repaired(Disk disk, Path directory, RandomGenerator random, LogScan scan) throws IOException {
        for (Path leftover : scan.leftovers()) {
            disk.delete(leftover);
        }
        disk.syncDirectory(directory);
        SegmentFiles files = new SegmentFiles(disk, directory, random, scan.segments());
        Segment last = files.active();
        last.file().resize(last.end());
        if (scan.durable() < scan.found().head().lsn()) {
            rewrite(last);
        }
        // A process that died leaves bytes that are in the system's memory only: they count once they are synced.
        last.file().sync();
        return files;
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

    Path directory() {
        return directory;
    }

    /** The oldest one: what lies before it is trimmed. */
    Segment first() {
        return segments.get(0);
    }

    /** The one that is appended to. */
    Segment active() {
        List<Segment> now = segments;
        return now.get(now.size() - 1);
    }

    /** The one in which what follows an LSN lies or will lie, or empty when that was trimmed. */
    Optional<Segment> holding(long lsn) {
        Segment found = null;
        for (Segment segment : segments) {
            if (segment.previous().lsn() <= lsn) {
                found = segment;
            }
        }
        return Optional.ofNullable(found);
    }

    Optional<Segment> after(Segment segment) {
        for (Segment other : segments) { // asked for each record that is read
            if (other.previous().lsn() > segment.previous().lsn()) {
                return Optional.of(other);
            }
        }
        return Optional.empty();
    }

    boolean contains(Segment segment) {
        return segments.contains(segment);
    }

    /** Begins the next one behind an entry, durable on return; when it fails nothing of it stays, or the health says so. */
    void begin(EntryId previous, Health health) throws IOException {
        Segment next;
        try {
            next = Segment.create(disk, directory, previous, random);
        } catch (IOException e) {
            try {
                disk.delete(directory.resolve(Segment.name(previous.lsn())));
                disk.syncDirectory(directory);
            } catch (IOException worse) {
                health.fail(worse);
            }
            throw e;
        }
        List<Segment> longer = new ArrayList<>(segments);
        longer.add(next);
        segments = List.copyOf(longer);
    }

    /**
     * Shows no more what does not stay; the files are still there.
     *
     * @return what went, to be deleted
     */
    List<Segment> retain(Predicate<Segment> stays) {
        List<Segment> kept = new ArrayList<>();
        List<Segment> gone = new ArrayList<>();
        for (Segment segment : segments) {
            (stays.test(segment) ? kept : gone).add(segment);
        }
        segments = List.copyOf(kept);
        return gone;
    }

    /** Closes and deletes files that are shown no more, durably. */
    void delete(List<Segment> gone) throws IOException {
        for (Segment segment : gone) {
            segment.file().close();
            disk.delete(segment.path());
        }
        disk.syncDirectory(directory);
    }

    /** The entry before the highest segment that begins at or below an LSN; the tail when none does. */
    EntryId tailUpTo(long lsn) {
        EntryId tail = first().previous();
        for (Segment segment : segments) {
            tail = segment.previous().lsn() <= lsn ? segment.previous() : tail;
        }
        return tail;
    }

    /** The bytes of those that hold entries above an LSN and are not written to any more. */
    long sealedBytesAbove(long lsn) {
        List<Segment> now = segments;
        long bytes = 0;
        for (int i = 0; i + 1 < now.size(); i++) {
            bytes += now.get(i + 1).previous().lsn() > lsn ? now.get(i).end() : 0;
        }
        return bytes;
    }

    /** The least LSN to trim to so that those behind it stay within a size; the present tail when they do. */
    long tailWithin(long bytes) {
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

    /** Makes nothing durable. */
    void close() throws IOException {
        for (Segment segment : segments) {
            segment.file().close();
        }
    }
}
