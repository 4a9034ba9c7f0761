package io.resilver.simulation.disk;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.VolumeStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The store that one process has open on a disk: its reading side, its pins, and the housekeeping of its engine. */
public final class OpenDisk implements VolumeStore, SourceVolume {
    private static final int RANGE_BYTES = 64;

    final Disk disk;
    private final DiskTarget target;
    /**
     * Of two volumes one lies on an engine whose image holds only what its store was told to be committed, and the other on one
     * that freezes an image at any LSN.
     */
    private final boolean imageFollowsCommitted;

    private final Set<Pinned> pins = new LinkedHashSet<>();
    private final List<Runnable> listeners = new ArrayList<>();
    private boolean closed;

    OpenDisk(Disk disk, Rules rules, Accepted accepted) {
        this.disk = disk;
        this.imageFollowsCommitted = Math.floorMod(disk.replica.volume().value().hashCode(), 2) == 1;
        this.target = new DiskTarget(this, rules, accepted);
    }

    /** Hears of what a store takes in. */
    public interface Accepted {
        /**
         * An entry was appended.
         *
         * @param by whose store
         * @param previous the entry before it
         * @param entry which
         */
        void accepted(ReplicaId by, EntryId previous, LogEntry entry);

        /**
         * A store was told what is committed, and has it.
         *
         * @param disk the store's disk
         * @param lsn inclusive
         */
        void committed(Disk disk, long lsn);

        /**
         * A store was removed with everything in it.
         *
         * @param replica whose
         */
        void removed(ReplicaId replica);
    }

    void requireOpen() throws PermanentException {
        if (closed) {
            throw new PermanentException("the store of " + disk.replica + " is closed");
        }
    }

    void appended() {
        listeners.forEach(Runnable::run);
    }

    /**
     * The disk under it.
     *
     * @return the same at every call
     */
    public Disk disk() {
        return disk;
    }

    /**
     * How many pins are held.
     *
     * @return pins that are not closed
     */
    public int pins() {
        return pins.size();
    }

    /**
     * The source takes every hold back, as when they cost too much (R20).
     *
     * @return whether there was one
     */
    public boolean revokePins() {
        boolean some = pins.stream().anyMatch(each -> !each.revoked);
        pins.forEach(each -> each.revoked = true);
        return some;
    }

    /**
     * The next entry of a writer, which is not appended yet.
     *
     * @param writer the term
     * @param lsn above the last one
     * @param block what it sets
     * @param value to what
     * @return a batch of one
     */
    public EntryBatch next(LineageElement writer, long lsn, int block, long value) {
        LogEntry entry = new LogEntry(lsn, writer.epoch(), Image.payload(block, value));
        return new EntryBatch(disk.last(), List.of(entry), List.of(writer));
    }

    /**
     * Writes a checkpoint of what is committed.
     *
     * @param whole whether it becomes a good one; otherwise it is one that nobody may trust
     */
    public void checkpoint(boolean whole) {
        long upTo = Math.min(disk.durableCommitted.orElse(0), disk.durableLast().lsn());
        if (closed || upTo <= disk.checkpoint.at().lsn()) {
            return;
        }
        disk.checkpoint = imageAt(upTo);
        disk.checkpointTrusted = whole;
        disk.floor = Math.max(disk.floor, disk.checkpoint.at().lsn());
    }

    private Image imageAt(long lsn) {
        int from = disk.upTo(disk.checkpoint.at().lsn());
        return disk.checkpoint.after(disk.log.subList(from, Math.max(from, disk.upTo(lsn))));
    }

    /** Trims the log as far as checkpoint and pins allow. */
    public void trim() {
        long to = disk.checkpoint.at().lsn();
        for (Pinned each : pins) {
            if (!each.revoked) {
                to = Math.min(to, each.afterLsn);
            }
        }
        int drop = closed ? 0 : disk.upTo(to);
        if (drop > 0) {
            disk.trimmedTo = disk.log.get(drop - 1).id();
            disk.log.subList(0, drop).clear();
            if (disk.trimmedTo.lsn() > disk.lostAfter.orElse(Long.MAX_VALUE)) {
                disk.lostAfter = OptionalLong.empty(); // it is in the checkpoint
            }
            disk.durable -= drop;
        }
    }

    @Override
    public ReplicaId replica() {
        return disk.replica;
    }

    @Override
    public SourceVolume source() {
        return this;
    }

    @Override
    public ReplicaVolume target() {
        return target;
    }

    @Override
    public RetainedHistory history() throws RecoveryException {
        requireOpen();
        return new RetainedHistory(
                disk.durableLast().lsn(),
                disk.trimmedTo.lsn(),
                disk.durableCommitted,
                disk.checkpoint.at().lsn(),
                disk.checkpointTrusted,
                Optional.of(disk.durableLineage()),
                imageFollowsCommitted ? OptionalLong.of(imageLsn()) : OptionalLong.empty());
    }

    /** The image holds what the store was told to be committed, or more, where a base was installed. */
    private long imageLsn() {
        long told = Math.min(disk.durableCommitted.orElse(0), disk.durableLast().lsn());
        return Math.max(disk.checkpoint.at().lsn(), told);
    }

    /** A hold on the log after an LSN. A base is held by itself, since an image never changes. */
    private abstract class Pinned {
        long afterLsn;
        boolean revoked;

        Pinned(long afterLsn) {
            this.afterLsn = afterLsn;
            pins.add(this);
        }

        void requireHeld() throws RecoveryException {
            requireOpen();
            if (revoked || !pins.contains(this)) {
                throw new LogTrimmedException("the pin was revoked or closed", disk.trimmedTo.lsn());
            }
        }
    }

    private final class Logged extends Pinned implements LogPin {
        Logged(long afterLsn) {
            super(afterLsn);
        }

        @Override
        public long afterLsn() {
            return afterLsn;
        }

        @Override
        public void advance(long further) {
            afterLsn = Math.max(afterLsn, further);
        }

        @Override
        public EntryCursor open(long from) throws RecoveryException {
            requireHeld();
            return new Cursor(this, from);
        }

        @Override
        public long heldBytes() {
            return disk.log.size() - (long) disk.upTo(afterLsn);
        }

        @Override
        public void close() {
            pins.remove(this);
        }
    }

    private final class Cursor implements EntryCursor {
        private final Logged pin;
        private long at;

        Cursor(Logged pin, long from) {
            this.pin = pin;
            this.at = from;
        }

        @Override
        public EntryBatch next(long upToLsn, int maxBytes) throws RecoveryException {
            pin.requireHeld();
            if (at < disk.trimmedTo.lsn()) {
                throw new LogTrimmedException("entry " + at + " is not in the log any more", disk.trimmedTo.lsn());
            }
            int from = disk.upTo(at);
            EntryId previous =
                    from == 0 ? disk.trimmedTo : disk.log.get(from - 1).id();
            List<LogEntry> found = new ArrayList<>();
            int bytes = 0;
            for (int i = from; i < disk.durable; i++) {
                LogEntry entry = disk.log.get(i);
                bytes += entry.payload().remaining();
                if (entry.lsn() > upToLsn || (bytes > maxBytes && !found.isEmpty())) {
                    break;
                }
                if (disk.rottenFrom.isPresent() && entry.lsn() >= disk.rottenFrom.getAsLong()) {
                    disk.rotten++;
                    throw new CorruptException("entry " + entry.id() + " is not what was written", "log", i);
                }
                found.add(entry);
            }
            at = found.isEmpty() ? at : found.get(found.size() - 1).lsn();
            return new EntryBatch(previous, found, writersOf(found));
        }

        private List<LineageElement> writersOf(List<LogEntry> entries) {
            List<LineageElement> all = disk.lineage.elements();
            int from = all.size();
            while (!entries.isEmpty()
                    && from > 0
                    && all.get(from - 1).epoch() >= entries.get(0).epoch()) {
                from--;
            }
            return all.subList(from, all.size());
        }

        @Override
        public void close() {}
    }

    private final class Based extends Pinned implements BasePin {
        private final BaseDescriptor base;
        private final ByteBuffer bytes;

        Based(Image image) {
            super(Long.MAX_VALUE);
            this.base = new BaseDescriptor(
                    image.at().lsn(), disk.durableLineage().upTo(image.at().lsn()), Image.BYTES, RANGE_BYTES);
            this.bytes = image.bytes();
            disk.otherByte.ifPresent(at -> bytes.put((int) at, (byte) (bytes.get((int) at) ^ 1)));
        }

        @Override
        public BaseDescriptor base() {
            return base;
        }

        @Override
        public int read(long offset, ByteBuffer into) throws RecoveryException {
            requireHeld();
            int length = (int) Math.min(into.remaining(), bytes.limit() - offset);
            long rotten = disk.rottenByte.orElse(-1);
            if (rotten >= offset && rotten < offset + length) {
                throw new CorruptException("a byte is not what was written", "image", rotten);
            }
            into.put(bytes.duplicate().position((int) offset).limit((int) offset + length));
            return length;
        }

        @Override
        public long heldBytes() {
            return Image.BYTES;
        }

        @Override
        public void close() {
            pins.remove(this);
        }
    }

    @Override
    public LogPin pinLog(long afterLsn) throws RecoveryException {
        requireOpen();
        if (afterLsn < disk.trimmedTo.lsn()) {
            throw new LogTrimmedException("the log begins after " + disk.trimmedTo, disk.trimmedTo.lsn());
        }
        return new Logged(afterLsn);
    }

    @Override
    public BasePin pinSnapshot(long checkpointLsn) throws RecoveryException {
        requireOpen();
        if (disk.checkpoint.at().lsn() != checkpointLsn) {
            throw new RetriableException("there is a newer checkpoint", Duration.ZERO);
        }
        return new Based(disk.checkpointTrusted ? disk.checkpoint : disk.checkpoint.spoiled());
    }

    @Override
    public BasePin pinFullBase(long leastLsn) throws RecoveryException {
        requireOpen();
        if (imageFollowsCommitted && leastLsn > imageLsn()) {
            throw new RetriableException(
                    "the image is at LSN " + imageLsn() + ", below " + leastLsn + ", which was asked for",
                    Duration.ZERO);
        }
        return new Based(imageAt(Math.max(leastLsn, imageLsn())));
    }

    @Override
    public AutoCloseable onAppend(Runnable listener) throws RecoveryException {
        requireOpen();
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void close() throws RecoveryException {
        if (!closed) {
            if (disk.hasLost()) {
                disk.closeUnflushed();
            } else {
                target.flush();
            }
            closed = true;
            pins.clear();
            target.end();
        }
    }

    /** Its process died: nothing is done through it any more. */
    void abandon() {
        closed = true;
        pins.clear();
    }
}
