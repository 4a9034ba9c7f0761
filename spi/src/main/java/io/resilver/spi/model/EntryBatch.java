package io.resilver.spi.model;

import io.resilver.spi.Api;
import java.util.List;

/**
 * A run of entries that follow each other in a log with nothing between them. Continuity is proved, never assumed: the
 * batch names the entry before its first one.
 *
 * @param previous the entry just before the first, {@link EntryId#NONE} at the beginning of a log
 * @param entries the entries, LSNs strictly rising above {@code previous}, epochs never falling
 * @param writers the lineage elements of the epochs in {@code entries}, ascending, each once: a store that appends an
 *     entry of an epoch above its own last element appends that element in the same durable act
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record EntryBatch(EntryId previous, List<LogEntry> entries, List<LineageElement> writers) {
    /**
     * Copies the lists and checks order and writers.
     *
     * @throws IllegalArgumentException when LSNs do not rise, epochs fall, or an entry's epoch has no element
     */
    public EntryBatch {
        entries = List.copyOf(entries);
        writers = List.copyOf(writers);
        EntryId before = previous;
        int writer = -1;
        for (LogEntry entry : entries) {
            if (entry.lsn() <= before.lsn() || entry.epoch() < before.epoch()) {
                throw new IllegalArgumentException("entry " + entry.id() + " cannot follow " + before);
            }
            while (writer < 0 || writers.get(writer).epoch() != entry.epoch()) {
                if (++writer >= writers.size()) {
                    throw new IllegalArgumentException("entry " + entry.id() + " has no writer among " + writers);
                }
            }
            if (entry.lsn() < writers.get(writer).firstLsn()) {
                throw new IllegalArgumentException("entry " + entry.id() + " is below " + writers.get(writer));
            }
            before = entry.id();
        }
    }

    /**
     * Whether there is nothing in it.
     *
     * @return true for no entries
     */
    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /**
     * The last entry of the batch.
     *
     * @return its id, or {@code previous} for an empty batch
     */
    public EntryId last() {
        return entries.isEmpty() ? previous : entries.get(entries.size() - 1).id();
    }

    /**
     * The payload bytes of all entries.
     *
     * @return the sum, in bytes
     */
    public long payloadBytes() {
        long sum = 0;
        for (LogEntry entry : entries) {
            sum += entry.payload().remaining();
        }
        return sum;
    }
}
