package io.resilver.host.volume;

import io.resilver.host.volume.image.BlockWrite;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.LogEntry;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The last entries that were appended, kept until the image takes them: nearly always that is soon, and then the log need not be
 * read again. What does not fit is read from the log. Within changes only.
 */
final class Recent {
    /** A sender's window, and what waits for the image meanwhile. */
    static final long MOST_BYTES = 16L << 20;

    /** An entry and what of it the image takes. */
    record Kept(long previousLsn, long lsn, BlockWrite write) {}

    private final Deque<Kept> kept = new ArrayDeque<>();
    private long bytes;

    /**
     * Keeps copies of entries that were appended; the oldest go where there are too many.
     *
     * @param afterLsn the entry before them
     */
    void appended(long afterLsn, List<LogEntry> entries) throws PermanentException {
        long previous = afterLsn;
        for (LogEntry entry : entries) {
            Kept one = new Kept(previous, entry.lsn(), BlockWrite.decode(copy(entry.payload())));
            kept.addLast(one);
            bytes += cost(one);
            previous = entry.lsn();
        }
        while (bytes > MOST_BYTES) {
            bytes -= cost(kept.removeFirst());
        }
    }

    /** The entry that follows an LSN, when it is kept and at most at a bound; it is kept no more. */
    Optional<Kept> takeAfter(long lsn, long bound) {
        while (!kept.isEmpty() && kept.getFirst().lsn() <= lsn) {
            bytes -= cost(kept.removeFirst());
        }
        if (kept.isEmpty()
                || kept.getFirst().previousLsn() != lsn
                || kept.getFirst().lsn() > bound) {
            return Optional.empty();
        }
        Kept next = kept.removeFirst();
        bytes -= cost(next);
        return Optional.of(next);
    }

    /** Forgets everything: the log does not end with it any more. */
    void clear() {
        kept.clear();
        bytes = 0;
    }

    private static ByteBuffer copy(ByteBuffer payload) {
        byte[] copy = new byte[payload.remaining()];
        payload.duplicate().get(copy);
        return ByteBuffer.wrap(copy);
    }

    private static long cost(Kept one) {
        return Long.BYTES * 12L + one.write().data().remaining(); // small writes cost their objects
    }
}
