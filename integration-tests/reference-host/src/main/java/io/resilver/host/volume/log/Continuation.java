package io.resilver.host.volume.log;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What of a batch is new to a log, once it is proved that the batch continues it (R52).
 *
 * @param entries what the log does not have, in order; may be empty
 * @param writers the elements that the lineage grows by with them
 */
public record Continuation(List<LogEntry> entries, List<LineageElement> writers) {
    /**
     * Compares a batch with the log. Reads the log where the two overlap; changes nothing.
     *
     * @param log the log
     * @param batch what is to be appended
     * @return what is new
     * @throws PermanentException when the batch leaves a gap, or the log has another entry where the batch has one
     */
    public static Continuation of(SegmentLog log, EntryBatch batch) throws IOException, RecoveryException {
        EntryId head = log.appended().head();
        EntryId before = batch.previous();
        if (before.lsn() > head.lsn()) {
            throw new PermanentException("a batch follows entry " + before + " and the log ends at " + head
                    + ": send what lies between, from " + head.lsn() + " on");
        }
        List<EntryId> overlap = new ArrayList<>();
        overlap.add(before);
        int fresh = 0;
        while (fresh < batch.entries().size() && batch.entries().get(fresh).lsn() <= head.lsn()) {
            before = batch.entries().get(fresh++).id();
            overlap.add(before);
        }
        List<LogEntry> entries = batch.entries().subList(fresh, batch.entries().size());
        if (!entries.isEmpty() && !before.equals(head)) {
            throw new PermanentException("entry " + entries.get(0).id() + " follows " + before + " and the log ends at "
                    + head + ": the two logs are not the same there");
        }
        requireKnown(log, overlap);
        return new Continuation(entries, newWriters(log.appended().lineage(), head, entries, batch.writers()));
    }

    private static void requireKnown(SegmentLog log, List<EntryId> overlap) throws IOException, RecoveryException {
        Appended now = log.appended();
        int known = 0;
        for (EntryId id : overlap) {
            long epoch =
                    now.lineage().writerOf(id.lsn()).map(LineageElement::epoch).orElse(0L);
            if (id.epoch() != epoch) {
                throw new PermanentException("the batch has entry " + id + " and the log has epoch " + epoch
                        + " at that LSN: truncate to where the two agree first");
            }
            known += id.lsn() <= log.tail().lsn() || id.equals(now.head()) ? 1 : 0;
        }
        if (known < overlap.size()) {
            requireEach(log, overlap);
        }
    }

    private static void requireEach(SegmentLog log, List<EntryId> overlap) throws IOException, RecoveryException {
        for (EntryId id : overlap) {
            if (id.lsn() > log.tail().lsn() && !log.lastUpTo(id.lsn()).equals(id)) {
                throw new PermanentException("the batch has entry " + id + " and the log has none with that LSN");
            }
        }
    }

    private static List<LineageElement> newWriters(
            Lineage lineage, EntryId head, List<LogEntry> entries, List<LineageElement> writers)
            throws PermanentException {
        List<LineageElement> grown = new ArrayList<>();
        Optional<LineageElement> last = lineage.last();
        EntryId before = head;
        boolean first = true;
        for (LogEntry entry : entries) {
            if (!first && entry.epoch() == before.epoch()) {
                before = entry.id();
                continue; // as the one before it
            }
            first = false;
            LineageElement writer = writers.stream()
                    .filter(element -> element.epoch() == entry.epoch())
                    .findFirst()
                    .orElseThrow();
            boolean follows = last.isEmpty() || writer.epoch() > last.get().epoch();
            if (follows ? writer.firstLsn() != before.lsn() + 1 : !last.get().agreesWith(writer)) {
                throw new PermanentException("writer " + writer + " cannot write entry " + entry.id() + " behind "
                        + before + ", where the lineage is " + lineage);
            }
            if (follows) {
                grown.add(writer);
                last = Optional.of(writer);
            }
            before = entry.id();
        }
        return grown;
    }
}
