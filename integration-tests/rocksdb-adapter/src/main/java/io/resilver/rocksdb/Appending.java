package io.resilver.rocksdb;

import io.resilver.rocksdb.engine.BatchFormat;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Compares a batch with the log, and appends what is new of it (R52). Within a change of the store. */
final class Appending {
    private record Fresh(EntryId id, Optional<LineageElement> begun, ByteBuffer payload) {}

    private Appending() {}

    /**
     * Looks through the whole batch first, then appends.
     *
     * @throws PermanentException when it leaves a gap, the log has another entry where it has one, or an entry is not what its LSN
     *     and its writer say: nothing was appended
     */
    static void append(Log log, LogPins pins, EntryBatch batch) throws RecoveryException {
        Log.End end = log.appended();
        EntryId head = end.last();
        EntryId before = batch.previous();
        if (before.lsn() > head.lsn()) {
            throw new PermanentException("a batch follows entry " + before + " and the log ends at " + head
                    + ": send what lies between, from " + head.lsn() + " on");
        }
        requireKnown(log, pins, before);
        int known = 0;
        while (known < batch.entries().size() && batch.entries().get(known).lsn() <= head.lsn()) {
            before = batch.entries().get(known++).id();
            requireKnown(log, pins, before);
        }
        List<LogEntry> rest = batch.entries().subList(known, batch.entries().size());
        if (!rest.isEmpty() && !before.equals(head)) {
            throw new PermanentException("entry " + rest.get(0).id() + " follows " + before + " and the log ends at "
                    + head + ": the two logs are not the same there");
        }
        for (Fresh entry : fresh(end, rest, batch.writers())) {
            log.append(entry.id(), entry.begun(), bytes(entry.payload()));
        }
    }

    private static void requireKnown(Log log, LogPins pins, EntryId id) throws RecoveryException {
        Log.End end = log.appended();
        EntryId own = Log.idAt(id.lsn(), end.lineage());
        if (!own.equals(id)) {
            throw new PermanentException("the batch has entry " + id + " and the log has epoch " + own.epoch()
                    + " at that LSN: the two logs are not the same there");
        }
        if (id.lsn() > pins.tail().lsn() && id.lsn() < end.last().lsn() && !log.endsAt(id.lsn())) {
            throw new PermanentException("the batch has entry " + id + " and the log has none with that LSN");
        }
    }

    private static List<Fresh> fresh(Log.End end, List<LogEntry> entries, List<LineageElement> writers)
            throws PermanentException {
        List<Fresh> fresh = new ArrayList<>(entries.size());
        Lineage lineage = end.lineage();
        EntryId before = end.last();
        for (LogEntry entry : entries) {
            LineageElement writer = writers.stream()
                    .filter(element -> element.epoch() == entry.epoch())
                    .findFirst()
                    .orElseThrow();
            BatchFormat.Batch batch = read(entry);
            if (batch.sequence() != before.lsn() + 1 || before.lsn() + batch.count() != entry.lsn()) {
                throw new PermanentException("entry " + entry.id() + " behind " + before + " is a write batch of "
                        + batch.count() + " records for sequence number " + batch.sequence()
                        + ": it was written to another log");
            }
            requireWriter(lineage, before, entry, writer, batch.writer());
            lineage = batch.writer().map(lineage::then).orElse(lineage);
            fresh.add(new Fresh(entry.id(), batch.writer(), entry.payload()));
            before = entry.id();
        }
        return fresh;
    }

    /** The first entry of an epoch names its writer, by itself; no other one does. */
    private static void requireWriter(
            Lineage lineage, EntryId before, LogEntry entry, LineageElement writer, Optional<LineageElement> named)
            throws PermanentException {
        Optional<LineageElement> last = lineage.last();
        boolean begins = last.isEmpty() || writer.epoch() > last.get().epoch();
        if (begins ? writer.firstLsn() != before.lsn() + 1 : !last.get().agreesWith(writer)) {
            throw new PermanentException("writer " + writer + " cannot write entry " + entry.id() + " behind " + before
                    + ", where the lineage is " + lineage);
        }
        if (begins ? named.filter(writer::agreesWith).isEmpty() : named.isPresent()) {
            throw new PermanentException("entry " + entry.id() + " is written by " + writer + " and names "
                    + named.map(String::valueOf).orElse("no writer") + ": it was written to another log");
        }
    }

    private static BatchFormat.Batch read(LogEntry entry) throws PermanentException {
        try {
            return BatchFormat.read(entry.payload());
        } catch (IllegalArgumentException e) {
            throw new PermanentException("entry " + entry.id() + " cannot be applied: " + e.getMessage(), e);
        }
    }

    /** The payload as RocksDB takes it: without a copy where it has an array of its own. */
    private static byte[] bytes(ByteBuffer payload) {
        if (payload.hasArray()
                && payload.arrayOffset() + payload.position() == 0
                && payload.remaining() == payload.array().length) {
            return payload.array();
        }
        byte[] bytes = new byte[payload.remaining()];
        payload.duplicate().get(bytes);
        return bytes;
    }
}
