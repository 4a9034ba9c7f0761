package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.VolumeStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Entries as they are read, cut and forged. A payload is the engine's own: it is never looked into, only compared. */
final class Batches {
    /** More than all that a test reads. */
    static final int ALL_BYTES = 64 << 20;

    /** All LSNs. */
    static final long ALL = Long.MAX_VALUE;

    private Batches() {}

    /** Every durable entry that the log still holds, as one batch. */
    static EntryBatch all(VolumeStore store) throws RecoveryException {
        return after(store, store.source().history().tailLsn());
    }

    /** Every durable entry after an LSN, as one batch. */
    static EntryBatch after(VolumeStore store, long afterLsn) throws RecoveryException {
        try (LogPin pin = store.source().pinLog(afterLsn);
                EntryCursor cursor = pin.open(afterLsn)) {
            return rest(cursor, ALL_BYTES);
        }
    }

    /** What a cursor still gives, so many bytes at a time, as one batch; asserts that its batches follow each other. */
    static EntryBatch rest(EntryCursor cursor, int maxBytes) throws RecoveryException {
        EntryBatch batch = cursor.next(ALL, maxBytes);
        EntryId previous = batch.previous();
        EntryId last = previous;
        List<LogEntry> entries = new ArrayList<>();
        List<LineageElement> writers = new ArrayList<>();
        while (!batch.isEmpty()) {
            assertEquals(last, batch.previous(), "each batch names the last entry of the one before it");
            entries.addAll(batch.entries());
            batch.writers().stream().filter(each -> !writers.contains(each)).forEach(writers::add);
            last = batch.last();
            batch = cursor.next(ALL, maxBytes);
        }
        assertEquals(last, batch.previous(), "an empty batch at the head names the entry that it follows");
        return new EntryBatch(previous, entries, writers);
    }

    static List<Long> lsns(EntryBatch batch) {
        return batch.entries().stream().map(LogEntry::lsn).toList();
    }

    static List<EntryId> ids(EntryBatch batch) {
        return batch.entries().stream().map(LogEntry::id).toList();
    }

    /** The payloads, in comparable copies. */
    static List<ByteBuffer> payloads(EntryBatch batch) {
        List<ByteBuffer> copies = new ArrayList<>();
        for (LogEntry entry : batch.entries()) {
            copies.add(copy(entry.payload()));
        }
        return copies;
    }

    static ByteBuffer copy(ByteBuffer payload) {
        ByteBuffer copy = ByteBuffer.allocate(payload.remaining());
        return copy.put(payload.duplicate()).flip();
    }

    /** The entries from one index to another, exclusive, as a batch that names the entry before them. */
    static EntryBatch part(EntryBatch batch, int from, int to) {
        EntryId previous =
                from == 0 ? batch.previous() : batch.entries().get(from - 1).id();
        return batchOf(previous, batch.entries().subList(from, to), batch.writers());
    }

    static EntryBatch batchOf(EntryId previous, List<LogEntry> entries, List<LineageElement> writers) {
        List<LineageElement> used = writers.stream()
                .filter(writer -> entries.stream().anyMatch(entry -> entry.epoch() == writer.epoch()))
                .toList();
        return new EntryBatch(previous, entries, used);
    }

    /** Compares two logs: ids, payloads, and the writers of those entries. */
    static void assertSame(EntryBatch expected, EntryBatch actual, String what) {
        assertEquals(ids(expected), ids(actual), what);
        assertEquals(expected.previous(), actual.previous(), what + ": the entry before them");
        assertEquals(payloads(expected), payloads(actual), what + ": payloads");
        assertEquals(expected.writers(), actual.writers(), what + ": writers");
    }

    /** The first entry's LSN and epoch under another epoch, above all that wrote in the batch. */
    static EntryBatch underAnotherEpoch(EntryBatch batch, int index, long epoch) {
        EntryId previous = part(batch, index, index + 1).previous();
        LogEntry entry = batch.entries().get(index);
        return new EntryBatch(
                previous,
                List.of(new LogEntry(entry.lsn(), epoch, entry.payload())),
                List.of(Writers.element(epoch, previous.lsn() + 1)));
    }
}
