package io.resilver.simulation.disk;

import io.resilver.simulation.disk.OpenDisk.Accepted;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The changing side of an open disk. */
final class DiskTarget implements ReplicaVolume {
    private final OpenDisk open;
    private final Disk disk;
    private final Rules rules;
    private final Accepted accepted;
    private boolean installing;

    DiskTarget(OpenDisk open, Rules rules, Accepted accepted) {
        this.open = open;
        this.disk = open.disk;
        this.rules = rules;
        this.accepted = accepted;
    }

    /** After a flush that failed nobody knows what reached the disk, until it is opened again. */
    private void requireChangeable() throws RecoveryException {
        open.requireOpen();
        if (disk.hasLost() && rules.stopsAfterAFailedFlush()) {
            throw new PermanentException(
                    "a flush of the store of " + disk.replica + " failed: it must be opened again");
        }
    }

    @Override
    public ReplicaPosition position() throws RecoveryException {
        open.requireOpen();
        return new ReplicaPosition(
                disk.durableLast().lsn(),
                disk.floor,
                disk.durableCommitted,
                disk.usable,
                Optional.of(disk.durableLineage()));
    }

    @Override
    public StoreIdentity identity() throws RecoveryException {
        open.requireOpen();
        return rules.identity(disk.identity);
    }

    @Override
    public void identify(StoreIdentity identity) throws RecoveryException {
        requireChangeable();
        disk.identity = identity;
    }

    @Override
    public void markUnusable(String why) throws RecoveryException {
        requireChangeable();
        disk.usable = false;
    }

    @Override
    public Optional<Epoch> promise() throws RecoveryException {
        open.requireOpen();
        return disk.promise;
    }

    @Override
    public void promise(Epoch epoch) throws RecoveryException {
        requireChangeable();
        Optional<Epoch> before = disk.promise;
        if (before.isPresent()
                && (before.get().number() > epoch.number() || before.get().conflictsWith(epoch))) {
            throw new FencedException("promised " + before.get(), before.get().number());
        }
        disk.promise = Optional.of(epoch);
        if (rules.promisesDurably()) {
            disk.durablePromise = disk.promise;
        }
    }

    @Override
    public void append(EntryBatch batch) throws RecoveryException {
        requireChangeable();
        if (disk.full) {
            disk.refused++;
            throw new ResourceExhaustedException("the disk of " + disk.replica + " is full", "disk");
        }
        List<LogEntry> news = new ArrayList<>();
        EntryId before = batch.previous();
        for (LogEntry entry : batch.entries()) {
            if (!has(entry)) {
                EntryId last =
                        news.isEmpty() ? disk.last() : news.get(news.size() - 1).id();
                if (!rules.isSame(last, before)) {
                    throw new PermanentException("entry " + entry.id() + " after " + before + " cannot follow " + last);
                }
                byte[] copy = new byte[entry.payload().remaining()];
                entry.payload().duplicate().get(copy);
                news.add(new LogEntry(entry.lsn(), entry.epoch(), ByteBuffer.wrap(copy)));
            }
            before = entry.id();
        }
        for (LineageElement writer : batch.writers()) {
            if (news.stream().anyMatch(entry -> entry.epoch() == writer.epoch())) {
                disk.lineage = disk.lineage.then(writer);
            }
        }
        EntryId last = disk.last();
        disk.log.addAll(news);
        for (LogEntry each : news) {
            accepted.accepted(disk.replica, last, each);
            last = each.id();
        }
    }

    private boolean has(LogEntry entry) {
        int upTo = disk.upTo(entry.lsn());
        EntryId there = upTo == 0 ? disk.trimmedTo : disk.log.get(upTo - 1).id();
        return there.lsn() == entry.lsn() && rules.isSame(there, entry.id());
    }

    @Override
    public long flush() throws RecoveryException {
        requireChangeable();
        boolean again = disk.hasLost(); // then the system has nothing to write any more, and says so
        if (disk.failsToFlush && !again && disk.durable < disk.log.size()) {
            disk.unflushed();
            throw new RetriableException("the disk of " + disk.replica + " does not flush", Duration.ZERO);
        }
        boolean more = disk.durable < disk.log.size();
        disk.durable = disk.log.size();
        disk.durableCommitted = disk.committed;
        if (more) {
            open.appended();
        }
        return disk.last().lsn();
    }

    @Override
    public void committed(long lsn) throws RecoveryException {
        requireChangeable();
        long known = Math.min(lsn, disk.durableLast().lsn());
        disk.committed = OptionalLong.of(Math.max(known, disk.committed.orElse(0)));
        disk.durableCommitted = disk.committed;
        accepted.committed(disk, known);
    }

    @Override
    public void truncateTo(long lsn) throws RecoveryException {
        requireChangeable();
        long committed = disk.committed.orElse(0);
        if (!rules.mayTruncate(lsn, disk.floor, committed)) {
            throw new TruncationUnsafeException("cannot truncate to " + lsn, Math.max(disk.floor, committed));
        }
        if (lsn < disk.last().lsn()) {
            disk.cutAfter(lsn);
        }
    }

    @Override
    public StagedInstall beginInstall(BaseDescriptor base) throws RecoveryException {
        requireChangeable();
        if (installing) {
            throw new PermanentException("an install is open");
        }
        requireAtLeastCommitted(base);
        if (disk.full) {
            disk.refused++;
            throw new ResourceExhaustedException("the disk of " + disk.replica + " is full", "disk");
        }
        if (disk.staged.isEmpty() || !rules.isSameBase(disk.staged.get(), base)) {
            disk.stagedRanges.clear();
            disk.stagedKept.clear();
        }
        disk.staged = Optional.of(base);
        installing = true;
        return new Install(base);
    }

    private void requireAtLeastCommitted(BaseDescriptor base) throws TruncationUnsafeException {
        long committed = disk.committed.orElse(0);
        if (!rules.mayTruncate(base.lsn(), 0, committed)) {
            throw new TruncationUnsafeException("cannot install at " + base.lsn(), committed);
        }
    }

    void end() {
        installing = false;
    }

    private final class Install implements StagedInstall {
        private final BaseDescriptor base;
        private final Map<Long, ByteBuffer> written = new HashMap<>();
        private final Map<Long, ByteBuffer> received = new HashMap<>();
        private final Map<Long, Image> keeping = new HashMap<>();
        /** What the last candidate was read from. */
        private Image looked = Image.EMPTY;

        Install(BaseDescriptor base) {
            this.base = base;
        }

        @Override
        public BaseDescriptor base() {
            return base;
        }

        @Override
        public BitSet durableRanges() {
            BitSet ranges = new BitSet();
            disk.stagedRanges.keySet().forEach(index -> ranges.set(Math.toIntExact(index)));
            disk.stagedKept.keySet().stream().filter(disk::isKept).forEach(index -> ranges.set(Math.toIntExact(index)));
            return ranges;
        }

        private boolean isWhatWasWritten(long index, ByteBuffer there) {
            return there.equals(disk.stagedAsWritten.get(index));
        }

        @Override
        public void write(long index, ByteBuffer data) throws RecoveryException {
            requireChangeable();
            ByteBuffer copy = ByteBuffer.allocate(data.remaining());
            copy.put(data.duplicate()).flip();
            written.put(index, copy);
            received.put(index, copy);
        }

        @Override
        public long candidates() {
            return base.ranges();
        }

        @Override
        public boolean candidate(long index, ByteBuffer into) throws RecoveryException {
            open.requireOpen();
            if ((index + 1) * base.rangeBytes() > Image.BYTES) {
                return false;
            }
            looked = disk.checkpoint;
            into.put(ofImage(index));
            return true;
        }

        /** In place nothing can be kept: what is there is overwritten. */
        @Override
        public boolean keep(long index) throws RecoveryException {
            requireChangeable();
            if (!rules.stages() || looked != disk.checkpoint) {
                return false;
            }
            keeping.put(index, looked);
            return true;
        }

        /** A range of the present image, with what has rotted in it. */
        private ByteBuffer ofImage(long index) throws CorruptException {
            if (isIn(index, disk.rottenByte)) {
                throw new CorruptException("a byte of the image rotted", disk.replica.toString(), index);
            }
            int at = Math.toIntExact(index * base.rangeBytes());
            ByteBuffer bytes = disk.checkpoint.bytes().slice(at, base.rangeLength(index));
            if (isIn(index, disk.otherByte)) {
                int other = (int) disk.otherByte.getAsLong() - at;
                bytes.put(other, (byte) (bytes.get(other) ^ 1));
            }
            return bytes;
        }

        private boolean isIn(long index, OptionalLong at) {
            return at.isPresent() && at.getAsLong() / base.rangeBytes() == index;
        }

        /** What rotted in the image rotted in what is kept of it, and nothing else stays. */
        private OptionalLong stays(OptionalLong rotten) {
            return rotten.isPresent() && disk.isKept(rotten.getAsLong() / base.rangeBytes())
                    ? rotten
                    : OptionalLong.empty();
        }

        @Override
        public void read(long index, ByteBuffer into) throws RecoveryException {
            open.requireOpen();
            ByteBuffer there = disk.stagedRanges.get(index);
            if (there == null && disk.isKept(index)) {
                into.put(ofImage(index));
                return;
            }
            if (there == null) {
                throw new PermanentException("range " + index + " was not written");
            }
            if (rules.readsBack() && !isWhatWasWritten(index, there)) {
                throw new CorruptException(
                        "staged range " + index + " is not what was written", disk.replica.toString(), index);
            }
            into.put((rules.readsBack() ? there : received.getOrDefault(index, there)).duplicate());
        }

        @Override
        public void flush() throws RecoveryException {
            requireChangeable();
            if (disk.failsToFlush) {
                disk.unflushed();
                throw new RetriableException("the disk of " + disk.replica + " does not flush", Duration.ZERO);
            }
            disk.stagedRanges.putAll(written);
            disk.stagedAsWritten.putAll(written);
            written.clear();
            disk.stagedKept.putAll(keeping);
            keeping.clear();
            if (!rules.stages()) {
                swap(); // in place: what was there is overwritten range by range
            }
        }

        @Override
        public void commit() throws RecoveryException {
            requireChangeable();
            requireAtLeastCommitted(base);
            if (durableRanges().cardinality() != base.ranges()) {
                throw new PermanentException("a range is missing");
            }
            swap();
            discard();
        }

        /**
         * What rots between the last look at a range and here is as what rots in an image: its checksum comes along and says so to
         * who reads it. Rot of images is a fault of its own, so that it is taken to be mended here.
         */
        private ByteBuffer installed(long index, ByteBuffer staged) {
            return (rules.readsBack() ? disk.stagedAsWritten.getOrDefault(index, staged) : staged).duplicate();
        }

        private void swap() {
            ByteBuffer bytes = disk.checkpoint.bytes(); // what is kept is in it
            disk.rottenByte = stays(disk.rottenByte);
            disk.otherByte = stays(disk.otherByte);
            disk.stagedRanges.forEach((index, data) ->
                    bytes.position(Math.toIntExact(index * base.rangeBytes())).put(installed(index, data)));
            long epoch = base.lineage().last().map(LineageElement::epoch).orElse(0L);
            EntryId at = base.lsn() == 0 ? EntryId.NONE : new EntryId(base.lsn(), epoch);
            disk.checkpoint = Image.of(at, bytes.clear());
            disk.checkpointTrusted = true;
            disk.trimmedTo = at;
            disk.log.clear();
            disk.durable = 0;
            disk.lineage = base.lineage();
            disk.floor = base.lsn();
            disk.usable = true;
            disk.rottenFrom = OptionalLong.empty();
            disk.durableCommitted = disk.committed;
            disk.lostAfter = OptionalLong.empty();
            disk.rewrites++;
            disk.undone++;
        }

        @Override
        public void discard() {
            disk.staged = Optional.empty();
            disk.stagedRanges.clear();
            disk.stagedKept.clear();
        }

        @Override
        public void close() {
            installing = false;
        }
    }
}
