package io.resilver.simulation.disk;

import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;

/**
 * What is on the disk of one replica, and what the process that has it open holds beside it in memory. A crash leaves the
 * first. The log is one list, of which a beginning is durable; the image is a checkpoint of what is committed.
 */
public final class Disk {
    final ReplicaId replica;
    Optional<Incarnation> incarnation = Optional.empty();
    StoreIdentity identity;
    Optional<Epoch> promise = Optional.empty();
    Optional<Epoch> durablePromise = Optional.empty();
    boolean usable = true;

    /** The checkpoint, and below it nothing can be undone. */
    Image checkpoint = Image.EMPTY;

    boolean checkpointTrusted = true;
    long floor;

    /** The entry before the first one that the log still has. */
    EntryId trimmedTo = EntryId.NONE;

    final List<LogEntry> log = new ArrayList<>();
    /** So many entries of the log are durable. */
    int durable;

    Lineage lineage = Lineage.EMPTY;
    OptionalLong committed = OptionalLong.empty();
    OptionalLong durableCommitted = OptionalLong.empty();

    Optional<BaseDescriptor> staged = Optional.empty();
    final Map<Long, ByteBuffer> stagedRanges = new TreeMap<>();
    /** What was written, range by range: what rots since then is told by it. */
    final Map<Long, ByteBuffer> stagedAsWritten = new TreeMap<>();
    /** Ranges that are not written but kept of an image: they are there as long as it is the newest. */
    final Map<Long, Image> stagedKept = new TreeMap<>();

    /** Counts what takes entries away or replaces them: who has looked at the log must look again. */
    long rewrites;

    /** Counts what takes durable entries away on purpose. */
    long undone;

    boolean full;
    boolean failsToFlush;
    /** Whether a flush that fails leaves what it was to write marked as written, and lost. */
    boolean losesUnflushed;
    /** What follows this LSN was lost so. */
    OptionalLong lostAfter = OptionalLong.empty();

    long refused;
    long failedFlushes;
    long rotten;
    /** From this entry on the log cannot be read: its bytes have rotted. */
    OptionalLong rottenFrom = OptionalLong.empty();
    /** This byte of the image has rotted. */
    OptionalLong rottenByte = OptionalLong.empty();
    /** This byte of the image is another one than was written, and its checksum is right. */
    OptionalLong otherByte = OptionalLong.empty();

    /**
     * An empty disk.
     *
     * @param replica whose
     * @param id of the disk
     */
    public Disk(ReplicaId replica, StoreId id) {
        this.replica = replica;
        this.identity = new StoreIdentity(id, 0);
    }

    /**
     * Whose disk this is.
     *
     * @return the replica
     */
    public ReplicaId replica() {
        return replica;
    }

    /**
     * Which disk this is, and how often it was opened.
     *
     * @return what is written there
     */
    public StoreIdentity identity() {
        return identity;
    }

    /**
     * The incarnation of its volume.
     *
     * @return of a disk that was opened
     */
    public Incarnation incarnation() {
        return incarnation.orElseThrow();
    }

    /**
     * Whether its content counts for anything.
     *
     * @return false until a rebuild
     */
    public boolean isUsable() {
        return usable;
    }

    /**
     * How often entries were taken away or replaced.
     *
     * @return a count that only rises
     */
    public long rewrites() {
        return rewrites;
    }

    /**
     * How often durable entries were taken away on purpose: by a truncation, an install, or another disk.
     *
     * @return a count that only rises
     */
    public long undone() {
        return undone;
    }

    /**
     * Where it ends.
     *
     * @return the LSN of the last durable entry
     */
    public long durableLsn() {
        return durable == 0 ? trimmedTo.lsn() : log.get(durable - 1).lsn();
    }

    /**
     * The durable entries that the log still has.
     *
     * @return a view
     */
    public List<LogEntry> durableLog() {
        return log.subList(0, durable);
    }

    /**
     * The entry before the first one that the log still has.
     *
     * @return {@link EntryId#NONE} for a whole log
     */
    public EntryId trimmedTo() {
        return trimmedTo;
    }

    /**
     * The durable entry at an LSN.
     *
     * @param lsn which LSN
     * @return the last durable one that is not above it
     */
    public EntryId durableAt(long lsn) {
        int upTo = Math.min(durable, upTo(lsn));
        return upTo == 0 ? trimmedTo : log.get(upTo - 1).id();
    }

    /**
     * The image.
     *
     * @return the newest checkpoint
     */
    public Image checkpoint() {
        return checkpoint;
    }

    /**
     * The last durable entry.
     *
     * @return its id
     */
    public EntryId durableLast() {
        return durable == 0 ? trimmedTo : log.get(durable - 1).id();
    }

    /**
     * The last entry, durable or not.
     *
     * @return its id
     */
    public EntryId last() {
        return log.isEmpty() ? trimmedTo : log.get(log.size() - 1).id();
    }

    Lineage durableLineage() {
        return durable == log.size() ? lineage : lineage.upTo(durableLast().lsn());
    }

    /** How many entries there are up to an LSN. */
    int upTo(long lsn) {
        int low = 0;
        int high = log.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (log.get(middle).lsn() <= lsn) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    void cutAfter(long lsn) {
        int keep = upTo(lsn);
        if (lsn <= lostAfter.orElse(-1)) {
            lostAfter = OptionalLong.empty();
        }
        log.subList(keep, log.size()).clear();
        durable = keep;
        lineage = lineage.upTo(lsn);
        rewrites++;
        undone++;
    }

    /**
     * The process that had it open dies. Of what was written and not made durable, a beginning may have reached the disk; the
     * entry after it is torn, and is none.
     *
     * @param random decides how much
     */
    public void crash(Random random) {
        int reached = durable + random.nextInt(log.size() - durable + 1);
        endAfter(Math.min(reached, upTo(lostAfter.orElse(Long.MAX_VALUE))));
    }

    /** The store was closed after a flush that failed. */
    void closeUnflushed() {
        endAfter(Math.min(durable, upTo(lostAfter.orElse(Long.MAX_VALUE))));
    }

    private void endAfter(int reached) {
        lostAfter = OptionalLong.empty();
        log.subList(reached, log.size()).clear();
        durable = reached;
        lineage = lineage.upTo(last().lsn());
        committed = durableCommitted;
        promise = durablePromise;
        rewrites++;
    }

    /**
     * Puts an empty disk in its place.
     *
     * @param id of the new disk
     */
    public void replace(StoreId id) {
        identity = new StoreIdentity(id, 0);
        incarnation = Optional.empty();
        empty();
    }

    private void empty() {
        lostAfter = OptionalLong.empty();
        promise = Optional.empty();
        durablePromise = Optional.empty();
        usable = true;
        checkpoint = Image.EMPTY;
        checkpointTrusted = true;
        floor = 0;
        trimmedTo = EntryId.NONE;
        log.clear();
        durable = 0;
        lineage = Lineage.EMPTY;
        committed = OptionalLong.empty();
        durableCommitted = OptionalLong.empty();
        staged = Optional.empty();
        stagedRanges.clear();
        stagedKept.clear();
        rottenFrom = OptionalLong.empty();
        rottenByte = OptionalLong.empty();
        otherByte = OptionalLong.empty();
        rewrites++;
        undone++;
    }

    /**
     * Copies what is durable.
     *
     * @return a backup
     */
    public Disk backUp() {
        Disk copy = new Disk(replica, identity.id());
        copy.restore(this);
        return copy;
    }

    /**
     * Puts a backup in its place.
     *
     * @param backup of this disk
     */
    public void restore(Disk backup) {
        empty();
        identity = backup.identity;
        incarnation = backup.incarnation;
        promise = backup.durablePromise;
        durablePromise = backup.durablePromise;
        usable = backup.usable;
        checkpoint = backup.checkpoint;
        checkpointTrusted = backup.checkpointTrusted;
        floor = backup.floor;
        trimmedTo = backup.trimmedTo;
        log.addAll(backup.durableLog());
        durable = log.size();
        lineage = backup.durableLineage();
        committed = backup.durableCommitted;
        durableCommitted = backup.durableCommitted;
    }

    /**
     * Makes the disk full, or not.
     *
     * @param isFull whether appends are refused
     */
    public void fill(boolean isFull) {
        full = isFull;
    }

    /**
     * Makes flushes fail.
     *
     * @param losing whether what was to be written is lost at that moment, though the system calls it written; otherwise it is
     *     written once flushes do not fail any more
     */
    public void failFlushes(boolean losing) {
        failsToFlush = true;
        losesUnflushed = losing;
    }

    /** From now on flushes do not fail. What was lost stays so. */
    public void mendFlushes() {
        failsToFlush = false;
    }

    /** A flush failed. */
    void unflushed() {
        failedFlushes++;
        if (losesUnflushed && lostAfter.isEmpty()) {
            lostAfter = OptionalLong.of(durableLast().lsn());
        }
    }

    /**
     * Whether something was lost by a flush that failed, so that its store must be opened again.
     *
     * @return false once the process has ended
     */
    public boolean hasLost() {
        return lostAfter.isPresent();
    }

    /**
     * How often the disk was full for what came.
     *
     * @return a count that only rises
     */
    public long refused() {
        return refused;
    }

    /**
     * How many flushes failed.
     *
     * @return a count that only rises
     */
    public long failedFlushes() {
        return failedFlushes;
    }

    /**
     * How often something had rotted: what was read of the log, or a range of a base on its way in.
     *
     * @return a count that only rises
     */
    public long rotten() {
        return rotten;
    }

    /** Whether a range of a base on its way in is kept of the image, which is the one that it was. */
    boolean isKept(long index) {
        return stagedKept.get(index) == checkpoint;
    }

    /** Some bytes rot: the later half of the log cannot be read any more, and a range of a base on its way in is another. */
    public void rot() {
        if (durable > 1) {
            rottenFrom = OptionalLong.of(log.get(durable / 2).lsn());
        }
        stagedRanges.entrySet().stream().findFirst().ifPresent(range -> {
            range.setValue(rotten(range.getValue()));
            rotten++;
        });
    }

    private static ByteBuffer rotten(ByteBuffer sound) {
        ByteBuffer other = ByteBuffer.allocate(sound.remaining());
        other.put(sound.duplicate()).flip();
        return other.put(0, (byte) ~other.get(0));
    }

    /**
     * A look at the newest checkpoint finds that it is not what was written. The image that the store works with is.
     *
     * @return whether there was one that was good until then
     */
    public boolean spoilCheckpoint() {
        boolean good = checkpointTrusted && checkpoint.at().lsn() > 0;
        checkpointTrusted = false;
        return good;
    }

    /** A byte of the image rots, in a block that no entry touches: a checksum says so to who reads it. */
    public void rotImage() {
        rottenByte = OptionalLong.of(Image.BYTES / 2);
    }

    /**
     * A byte of the image is another one than was written, and no checksum says so.
     *
     * @return where
     */
    public long rotImageSilently() {
        otherByte = OptionalLong.of(Image.BYTES / 2);
        return Image.BYTES / 2;
    }

    /**
     * Other bytes are in a durable entry than were written, and no checksum says so.
     *
     * @param lsn of an entry that the log still has
     */
    public void rotSilently(long lsn) {
        int at = upTo(lsn) - 1;
        LogEntry entry = log.get(at);
        if (entry.lsn() != lsn || at >= durable) {
            throw new IllegalArgumentException("entry " + lsn + " is not durable on the disk of " + replica);
        }
        ByteBuffer payload = ByteBuffer.allocate(entry.payload().remaining());
        payload.put(entry.payload().duplicate()).flip();
        int last = payload.limit() - 1;
        payload.put(last, (byte) (payload.get(last) ^ 1));
        log.set(at, new LogEntry(lsn, entry.epoch(), payload));
    }

    /** Somebody mends what rotted. */
    public void mend() {
        rottenFrom = OptionalLong.empty();
    }
}
