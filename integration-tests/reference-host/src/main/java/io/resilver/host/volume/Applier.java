package io.resilver.host.volume;

import io.resilver.host.volume.image.BlockWrite;
import io.resilver.host.volume.image.Image;
import io.resilver.host.volume.log.LogReader;
import io.resilver.host.volume.log.SegmentLog;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.LogEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Takes committed entries to the image: those that were appended lately from memory, others from the log. Those that were committed and wait for the bound to be durable are kept
 * in memory, and laid over what is read meanwhile. One thread at a time takes, within a change of the store, and one applies, beside the
 * other; reading goes on beside both.
 */
final class Applier {
    /** How many bytes of entries are applied together: a note in the log is forced only once for so much. */
    private static final int ENOUGH = 1 << 20;

    /** How many may wait while others are applied: bounds memory, and is as much as a sender's window has. */
    private static final int MOST_WAITING = 8 << 20;

    /** How much of a patch is laid for entries at a time: some milliseconds of copying. */
    private static final long MOST_LAID = 4L << 20;

    private record Waiting(long lsn, BlockWrite write) {}

    private final Image image;
    private final SegmentLog log;
    private final Recent recent = new Recent();
    private Optional<LogReader> reader = Optional.empty();
    private long taken;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private long waitingBytes;

    Applier(SegmentLog log, Image image) {
        this.image = image;
        this.log = log;
        this.taken = image.applied();
    }

    /**
     * Entries were appended, which the image takes once they are committed and flushed.
     *
     * @param afterLsn the entry before them
     */
    void appended(long afterLsn, List<LogEntry> entries) throws RecoveryException {
        recent.appended(afterLsn, entries);
    }

    /**
     * Takes in entries that are committed and flushed.
     *
     * @param bound take none above this LSN
     * Takes more only while there is room. Within a change.
     *
     * @return true when more is to be taken, and no more may wait: apply some, and call again
     */
    boolean take(long bound) throws IOException, RecoveryException {
        long flushed = Math.min(bound, log.flushed().head().lsn());
        while (taken < flushed) {
            if (isFull()) {
                return true;
            }
            Optional<Recent.Kept> next = recent.takeAfter(taken, flushed);
            if (next.isPresent()) {
                reader = Optional.empty(); // it would go on where it stopped
                add(new Waiting(next.get().lsn(), next.get().write()));
                taken = next.get().lsn();
            } else if (!read(flushed)) {
                return false;
            }
        }
        return false;
    }

    private boolean read(long bound) throws IOException, RecoveryException {
        if (reader.isEmpty()) {
            reader = Optional.of(log.read(taken));
        }
        List<LogEntry> entries = reader.get().next(bound, ENOUGH).entries();
        for (LogEntry entry : entries) {
            add(new Waiting(entry.lsn(), BlockWrite.decode(entry.payload())));
            taken = entry.lsn();
        }
        return !entries.isEmpty();
    }

    /** Goes on after the log was truncated, which never reaches what was taken. */
    void afterTruncation() {
        recent.clear();
        reader = Optional.empty();
    }

    /**
     * Applies the first of what waits, up to a bound that is durable; by one thread at a time.
     *
     * @return false when there is nothing to apply
     */
    boolean apply(long durableBound) throws IOException, RecoveryException {
        List<Waiting> due = due(durableBound);
        if (due.isEmpty()) {
            return false;
        }
        List<BlockWrite> writes = due.stream().map(Waiting::write).toList();
        int some = image.affordable(writes, MOST_LAID);
        image.apply(writes.subList(0, some), due.get(some - 1).lsn());
        remove(some);
        return true;
    }

    /** Reads what is committed: the image, and over it what waits. */
    int read(long offset, ByteBuffer into) throws IOException, RecoveryException {
        List<BlockWrite> over = over();
        int start = into.position();
        int length = (int) Math.max(0, Math.min(into.remaining(), size() - offset));
        ByteBuffer target = into.slice(start, length);
        while (target.hasRemaining()) {
            target.put((byte) 0); // a gap behind the image that a waiting write leaves
        }
        image.read(offset, target.rewind());
        target.rewind();
        over.forEach(write -> write.copyTo(offset, target));
        into.position(start + length);
        return length;
    }

    /** The length of the volume as committed. */
    synchronized long size() {
        long size = image.size();
        for (Waiting one : waiting) {
            if (one.write().data().hasRemaining()) {
                size = Math.max(size, one.write().end());
            }
        }
        return size;
    }

    private synchronized List<BlockWrite> over() {
        List<BlockWrite> writes = new ArrayList<>(waiting.size());
        waiting.forEach(one -> writes.add(one.write()));
        return writes;
    }

    /** Whether so much waits that it is worth being applied. */
    synchronized boolean hasEnough() {
        return waitingBytes >= ENOUGH;
    }

    /** Whether something waits up to an LSN, inclusive. */
    synchronized boolean hasUpTo(long lsn) {
        return !waiting.isEmpty() && waiting.getFirst().lsn() <= lsn;
    }

    private synchronized boolean isFull() {
        return waitingBytes >= MOST_WAITING;
    }

    private synchronized void add(Waiting one) {
        waiting.addLast(one);
        waitingBytes += cost(one);
    }

    private synchronized List<Waiting> due(long durableBound) {
        List<Waiting> due = new ArrayList<>();
        long bytes = 0;
        for (Waiting one : waiting) {
            if (one.lsn() > durableBound || bytes >= ENOUGH) {
                break;
            }
            due.add(one);
            bytes += cost(one);
        }
        return due;
    }

    private synchronized void remove(int count) {
        for (int i = 0; i < count; i++) {
            waitingBytes -= cost(waiting.removeFirst());
        }
    }

    private static long cost(Waiting one) {
        return Long.BYTES * 8L + one.write().data().remaining(); // small writes cost their objects
    }
}
