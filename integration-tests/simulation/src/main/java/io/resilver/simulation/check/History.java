package io.resilver.simulation.check;

import io.resilver.simulation.disk.Disk;
import io.resilver.simulation.disk.Image;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What one volume has acknowledged, as one log: an acknowledgement says that everything below it in its primary's log is
 * committed too. Against it every store that is called in sync is compared, entry by entry and image by image.
 */
public final class History {
    private final List<LogEntry> committed = new ArrayList<>();
    private final Map<EntryId, Written> written = new HashMap<>();
    private final Map<ReplicaId, Seen> seen = new HashMap<>();
    private long acknowledgements;
    private Image newest = Image.nothing();
    private int inNewest;

    private record Written(EntryId previous, LogEntry entry) {}

    /** How far a store was compared, and what it was like then. */
    private static final class Seen {
        private long rewrites = -1;
        private int compared;
    }

    /**
     * The last entry that was acknowledged.
     *
     * @return its LSN, 0 before the first
     */
    public long lastLsn() {
        return committed.isEmpty() ? 0 : committed.get(committed.size() - 1).lsn();
    }

    /**
     * How many acknowledgements there were.
     *
     * @return a count
     */
    public long acknowledgements() {
        return acknowledgements;
    }

    /**
     * A store took an entry in: what is committed later is known by it, wherever the entry is by then.
     *
     * @param previous the entry before it
     * @param entry which
     */
    public void appended(EntryId previous, LogEntry entry) {
        written.putIfAbsent(entry.id(), new Written(previous, entry));
    }

    /**
     * A store was told that everything up to an LSN is committed: before any client is, and before it is trimmed.
     *
     * @param lsn inclusive
     * @param told the store's disk
     * @return what is wrong with that
     */
    public Optional<Objection> committed(long lsn, Disk told) {
        if (lsn <= lastLsn()) {
            return Optional.empty();
        }
        EntryId last = told.durableAt(lsn);
        if (last.lsn() != lsn) {
            return Optional.of(new Objection(
                    "R30",
                    "LSN " + lsn + " is committed in the store of " + told.replica() + ", which ends at " + last));
        }
        ArrayDeque<LogEntry> news = new ArrayDeque<>();
        EntryId at = last;
        for (Written each = written.get(at); each != null && at.lsn() > lastLsn(); each = written.get(at)) {
            news.push(each.entry());
            at = each.previous();
        }
        EntryId before = committed.isEmpty()
                ? EntryId.NONE
                : committed.get(committed.size() - 1).id();
        if (!at.equals(before)) {
            return Optional.of(new Objection(
                    "R7",
                    "entry " + last + " is committed in the store of " + told.replica() + " after " + at + ", and "
                            + before + " was committed before it"));
        }
        committed.addAll(news);
        return Optional.empty();
    }

    /**
     * A client heard that its write was acknowledged, perhaps long after it was.
     *
     * @param entry which
     * @return what is wrong with that
     */
    public Optional<Objection> acknowledged(EntryId entry) {
        acknowledgements++;
        int at = upTo(entry.lsn());
        boolean known = at > 0 && committed.get(at - 1).id().equals(entry);
        return known
                ? Optional.empty()
                : Optional.of(
                        new Objection("R30", "entry " + entry + " was acknowledged, and it is not what was committed"));
    }

    /**
     * A primary served a read.
     *
     * @param upToLsn up to where, or empty for unknown
     * @param mayBeStale whether the clocks on which it rests were beyond the drift that is allowed
     * @return what is wrong with that
     */
    public Optional<Objection> read(OptionalLong upToLsn, boolean mayBeStale) {
        return upToLsn.isPresent() && (mayBeStale || upToLsn.getAsLong() >= lastLsn())
                ? Optional.empty()
                : Optional.of(new Objection(
                        "R37",
                        "a read was served up to " + upToLsn + ", and LSN " + lastLsn()
                                + " had been acknowledged: it is stale"));
    }

    /**
     * Whether a store that is called in sync has everything that was acknowledged, and nothing else below it.
     *
     * @param whose which replica
     * @param disk its disk
     * @return what is wrong with it
     */
    public Optional<Objection> holds(ReplicaId whose, Disk disk) {
        Seen here = seen.computeIfAbsent(whose, first -> new Seen());
        if (here.rewrites != disk.rewrites()) {
            here.compared = upTo(disk.trimmedTo().lsn());
            if (disk.checkpoint().at().lsn() <= lastLsn()) { // one from above it is compared once that is acknowledged
                here.rewrites = disk.rewrites();
                Optional<Objection> wrong = compareImage(whose, disk);
                if (wrong.isPresent()) {
                    return wrong;
                }
            }
        }
        List<LogEntry> log = disk.durableLog();
        int at = here.compared - upTo(disk.trimmedTo().lsn());
        if (at < 0) { // trimmed since, after it had been compared
            at = 0;
            here.compared = upTo(disk.trimmedTo().lsn());
        }
        while (here.compared < committed.size()) {
            LogEntry acknowledged = committed.get(here.compared);
            EntryId wanted = acknowledged.id();
            if (at >= log.size()) {
                return Optional.of(new Objection(
                        "R30",
                        "replica " + whose + " is called in sync and lacks acknowledged entry " + wanted
                                + ": it ends at " + disk.durableLast()));
            }
            EntryId has = log.get(at).id();
            if (!has.equals(wanted)) {
                return Optional.of(new Objection(
                        "R7",
                        "replica " + whose + " is called in sync and has entry " + has + " where " + wanted
                                + " was acknowledged"));
            }
            if (!log.get(at).payload().equals(acknowledged.payload())) {
                return Optional.of(new Objection(
                        "R7",
                        "replica " + whose + " is called in sync and has another content of entry " + wanted
                                + " than what was acknowledged"));
            }
            here.compared++;
            at++;
        }
        return Optional.empty();
    }

    /** The image of a store that was rewritten must be what the acknowledged entries up to it make. */
    private Optional<Objection> compareImage(ReplicaId whose, Disk disk) {
        EntryId at = disk.checkpoint().at();
        int entries = upTo(at.lsn());
        if (entries > 0 && !committed.get(entries - 1).id().equals(at)) {
            return Optional.of(new Objection(
                    "R7",
                    "replica " + whose + " is called in sync and its image is of " + at
                            + ", which was never acknowledged"));
        }
        return disk.checkpoint().sameBlocks(imageAt(entries))
                ? Optional.empty()
                : Optional.of(new Objection(
                        "R16",
                        "replica " + whose + " is called in sync and its image at " + at
                                + " is not what the acknowledged entries make"));
    }

    private Image imageAt(int entries) {
        if (entries < inNewest) {
            return Image.nothing().after(committed.subList(0, entries));
        }
        newest = newest.after(committed.subList(inNewest, entries));
        inNewest = entries;
        return newest;
    }

    private int upTo(long lsn) {
        int low = 0;
        int high = committed.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (committed.get(middle).lsn() <= lsn) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
