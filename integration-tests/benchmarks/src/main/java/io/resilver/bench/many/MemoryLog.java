package io.resilver.bench.many;

import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Entries whose LSNs follow each other without a gap, from an exclusive tail on. Not thread safe. */
final class MemoryLog {
    private final List<LogEntry> entries = new ArrayList<>();
    private EntryId before = EntryId.NONE;

    long tail() {
        return before.lsn();
    }

    long head() {
        return tail() + entries.size();
    }

    EntryId last() {
        return entries.isEmpty() ? before : entries.get(entries.size() - 1).id();
    }

    void add(long epoch, ByteBuffer payload) {
        entries.add(new LogEntry(head() + 1, epoch, payload));
    }

    long epoch(long lsn) {
        return at(lsn).epoch();
    }

    ByteBuffer payload(long lsn) {
        return at(lsn).payload();
    }

    private LogEntry at(long lsn) {
        return entries.get(index(lsn));
    }

    private int index(long lsn) {
        return (int) (lsn - tail() - 1);
    }

    /** The entries after one LSN up to another; none where the other is not above it. */
    EntryBatch batch(long afterLsn, long upToLsn, List<LineageElement> writers) {
        EntryId previous = afterLsn == tail() ? before : at(afterLsn).id();
        return upToLsn <= afterLsn
                ? new EntryBatch(previous, List.of(), List.of())
                : new EntryBatch(previous, entries.subList(index(afterLsn + 1), index(upToLsn) + 1), writers);
    }

    /** Forgets everything up to an LSN, inclusive. */
    void trim(long lsn) {
        if (lsn > tail()) {
            EntryId last = at(lsn).id();
            entries.subList(0, index(lsn) + 1).clear();
            before = last;
        }
    }
}
