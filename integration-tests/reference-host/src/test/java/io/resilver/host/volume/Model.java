package io.resilver.host.volume;

import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.StoreIdentity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a store must hold, kept the simple way. Immutable.
 *
 * @param baseLsn where the log began: 0, or the installed base
 * @param base the image at that LSN
 * @param lineage up to the last entry
 * @param entries all entries after the base
 * @param flushed how many of them are durable
 * @param told the highest committed LSN that was told
 */
record Model(
        long baseLsn,
        String base,
        Lineage lineage,
        List<Entry> entries,
        int flushed,
        long told,
        Optional<Epoch> promise,
        StoreIdentity identity,
        boolean usable) {
    record Entry(EntryId id, int offset, String data) {}

    static Model empty(StoreIdentity identity) {
        return new Model(0, "", Lineage.EMPTY, List.of(), 0, 0, Optional.empty(), identity, true);
    }

    EntryId head() {
        return entries.isEmpty() ? baseId() : entries.get(entries.size() - 1).id();
    }

    private EntryId baseId() {
        return lineage.writerOf(baseLsn)
                .map(element -> new EntryId(baseLsn, element.epoch()))
                .orElse(EntryId.NONE);
    }

    long flushedLsn() {
        return flushed == 0 ? baseLsn : entries.get(flushed - 1).id().lsn();
    }

    Model append(LineageElement writer, long lsn, int offset, String data) {
        List<Entry> longer = new ArrayList<>(entries);
        longer.add(new Entry(new EntryId(lsn, writer.epoch()), offset, data));
        return new Model(baseLsn, base, lineage.then(writer), longer, flushed, told, promise, identity, usable);
    }

    /** The store may flush more than it was asked to, and says so. */
    Model flushedTo(long lsn) {
        int count = (int) entries.stream().filter(e -> e.id().lsn() <= lsn).count();
        return new Model(baseLsn, base, lineage, entries, Math.max(flushed, count), told, promise, identity, usable);
    }

    Model flush() {
        return new Model(baseLsn, base, lineage, entries, entries.size(), told, promise, identity, usable);
    }

    Model committed(long lsn) {
        long bound = Math.max(told, Math.min(lsn, flushedLsn()));
        return new Model(baseLsn, base, lineage, entries, flushed, bound, promise, identity, usable);
    }

    Model truncate(long lsn) {
        List<Entry> kept = entries.stream().filter(e -> e.id().lsn() <= lsn).toList();
        return lsn >= flushedLsn()
                ? this
                : new Model(baseLsn, base, lineage.upTo(lsn), kept, kept.size(), told, promise, identity, usable);
    }

    Model install(long lsn, String image, Lineage newLineage) {
        return new Model(lsn, image, newLineage, List.of(), 0, told, promise, identity, true);
    }

    Model promise(Epoch epoch) {
        return new Model(baseLsn, base, lineage, entries, flushed, told, Optional.of(epoch), identity, usable);
    }

    Model identify(StoreIdentity other) {
        return new Model(baseLsn, base, lineage, entries, flushed, told, promise, other, usable);
    }

    Model unusable() {
        return new Model(baseLsn, base, lineage, entries, flushed, told, promise, identity, false);
    }

    /** The image at an LSN. */
    String imageAt(long lsn) {
        StringBuilder image = new StringBuilder(base);
        for (Entry entry : entries) {
            if (entry.id().lsn() <= lsn && !entry.data().isEmpty()) {
                while (image.length() < entry.offset() + entry.data().length()) {
                    image.append('.');
                }
                image.replace(entry.offset(), entry.offset() + entry.data().length(), entry.data());
            }
        }
        return image.toString();
    }

    List<EntryId> idsAfter(long lsn) {
        return entries.stream().map(Entry::id).filter(id -> id.lsn() > lsn).toList();
    }
}
