package io.resilver.rocksdb;

import io.resilver.rocksdb.engine.WalFile;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * How long one generation's log is from an LSN on, about: one mark a MiB, so that nobody has to look at the disk. And how much of
 * it came since it was last looked after. Thread safe.
 */
final class LogMarks {
    private static final long STEP = 1 << 20;

    private final ConcurrentSkipListMap<Long, Long> bytesUpTo = new ConcurrentSkipListMap<>();
    private volatile long bytes;
    private volatile long bytesAtCheckpoint;
    private volatile long bytesAtCheck;
    private long marked;

    /** Of the files that are there at the start. */
    LogMarks(List<WalFile> files) {
        long before = 0;
        for (WalFile file : files) {
            bytesUpTo.put(Math.max(0, file.start() - 1), before);
            before += file.bytes();
        }
        bytes = before;
        marked = before;
    }

    /** An entry was appended. One at a time. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    void appended(long lsn, int length) {
        bytes += length;
        if (bytes - marked >= STEP) {
            bytesUpTo.put(lsn, bytes);
            marked = bytes;
        }
    }

    /** A checkpoint has all that was appended so far. */
    void checkpointed() {
        bytesAtCheckpoint = bytes;
    }

    /** How much came since then; with what was there at the start, where there was none. */
    long sinceCheckpoint() {
        return bytes - bytesAtCheckpoint;
    }

    /** What is to be done once a memtable is being done. */
    void checked() {
        bytesAtCheck = bytes;
    }

    /** How much came since then. */
    long sinceCheck() {
        return bytes - bytesAtCheck;
    }

    void trimmed(long tail) {
        Map.Entry<Long, Long> last = bytesUpTo.floorEntry(tail);
        if (last != null) {
            bytesUpTo.headMap(last.getKey()).clear();
        }
    }

    /** The bytes of the entries after an LSN, at most one step too many. */
    long bytesAfter(long lsn) {
        Map.Entry<Long, Long> before = bytesUpTo.floorEntry(lsn);
        return Math.max(0, bytes - (before == null ? 0 : before.getValue()));
    }
}
