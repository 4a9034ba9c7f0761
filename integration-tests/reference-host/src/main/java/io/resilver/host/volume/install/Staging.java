package io.resilver.host.volume.install;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.host.disk.DiskOperations;
import io.resilver.host.disk.Health;
import io.resilver.host.volume.image.Checksums;
import io.resilver.host.volume.image.Image;
import io.resilver.host.volume.install.RangeNotes.Kept;
import io.resilver.host.volume.install.RangeNotes.Note;
import io.resilver.host.volume.install.RangeNotes.Written;
import io.resilver.host.volume.meta.Document;
import io.resilver.host.volume.meta.Fields;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.BaseDescriptor;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The files of a staged image, in the directory that becomes the next generation: {@code base} says which image it is and is
 * written last, {@code image} has the bytes, {@code sums} the checksums that it will have when it is live, {@code ranges} notes
 * which of them are durable, with a CRC32C each, that is compared when the range is read. A range may also be kept: then its bytes
 * are those of the image that is live, for as long as that does not change, and {@code image} has a hole there. One thread may
 * flush while another writes or reads; else not thread safe.
 */
public final class Staging implements Closeable {
    /** The image's name; the same when the generation is live. */
    public static final String IMAGE = "image";

    /** The name of its checksums, likewise. */
    public static final String SUMS = "sums";

    private static final String BASE = "base";
    static final String RANGES = "ranges";
    private static final int MAGIC = 0x52534253; // RSBS
    private static final int VERSION = 2;

    private final Disk disk;
    private final Health health;
    private final Path directory;
    private final BaseDescriptor base;
    private final DiskFile image;
    private final StagedSums sums;
    private final RangeNotes ranges;
    /** What is live, and which entries it has: no other ones while ranges of it are kept. */
    private final Optional<Image> old;

    private final OptionalLong oldAt;

    private final BitSet durable = new BitSet();
    private final BitSet kept = new BitSet();
    private final Map<Integer, Note> notes = new TreeMap<>();
    private final TreeMap<Integer, Note> unflushed = new TreeMap<>();

    private Staging(
            Disk disk,
            Health health,
            Path directory,
            BaseDescriptor base,
            DiskFile image,
            StagedSums sums,
            RangeNotes ranges,
            Optional<Image> old) {
        this.disk = disk;
        this.health = health;
        this.directory = directory;
        this.base = base;
        this.image = image;
        this.sums = sums;
        this.ranges = ranges;
        this.old = old;
        this.oldAt = oldNow();
    }

    /**
     * Goes on with what was staged for an equal base; anything else in the directory is discarded (R17).
     *
     * @param disk where
     * @param health the store's: a failed sync of staged bytes ends it like any other
     * @param directory the next generation's directory
     * @param base which image will come
     * @param old the image that is live, of which ranges may be kept, and which outlives the staging; none where nothing can be
     * @return the staging, which the caller closes
     * @throws ResourceExhaustedException when the disk has no room for the rest of it
     */
    public static Staging open(Disk disk, Health health, Path directory, BaseDescriptor base, Optional<Image> old)
            throws IOException, RecoveryException {
        if (base.ranges() > Integer.MAX_VALUE) {
            throw new PermanentException("a base of " + base.ranges() + " ranges: ask for larger ranges");
        }
        Staging staging = isFor(disk, directory, base)
                ? reopen(disk, health, directory, base, old)
                : begin(disk, health, directory, base, old);
        boolean done = false;
        try {
            staging.loadNotes();
            // A process that died, or an error, leaves names and bytes that are in the system's memory only.
            disk.syncDirectory(Objects.requireNonNull(directory.getParent()));
            disk.syncDirectory(directory);
            staging.sync(staging.image);
            staging.sync(staging.ranges::sync);
            long missing = base.sizeBytes() - (long) staging.durable.cardinality() * base.rangeBytes();
            long kept = staging.canKeep() ? staging.kept().size() : 0; // at most: a base may have all of it
            if (missing - kept > disk.usableBytes(directory)) {
                throw new ResourceExhaustedException(
                        "a base image needs " + missing + " more bytes in " + directory + ": free some", "disk");
            }
            done = true;
            return staging;
        } finally {
            if (!done) {
                staging.close();
            }
        }
    }

    private static boolean isFor(Disk disk, Path directory, BaseDescriptor base) throws IOException {
        if (!disk.list(directory).containsAll(List.of(BASE, IMAGE, SUMS, RANGES))) {
            return false;
        }
        try {
            return describedIn(disk, directory).equals(base);
        } catch (CorruptException | PermanentException e) {
            return false; // what cannot be told is not reused
        } catch (RecoveryException e) {
            throw new IOException(e);
        }
    }

    static BaseDescriptor describedIn(Disk disk, Path directory) throws IOException, RecoveryException {
        return Document.read(disk, directory.resolve(BASE), MAGIC, VERSION, Fields::base);
    }

    private static Staging reopen(Disk disk, Health health, Path directory, BaseDescriptor base, Optional<Image> old)
            throws IOException {
        DiskFile image = disk.open(directory.resolve(IMAGE));
        try {
            StagedSums sums = StagedSums.begin(disk, directory.resolve(SUMS), base);
            try {
                RangeNotes ranges = RangeNotes.open(disk, directory.resolve(RANGES));
                return new Staging(disk, health, directory, base, image, sums, ranges, old);
            } catch (IOException e) {
                sums.close();
                throw e;
            }
        } catch (IOException e) {
            image.close();
            throw e;
        }
    }

    private static Staging begin(Disk disk, Health health, Path directory, BaseDescriptor base, Optional<Image> old)
            throws IOException {
        // The description goes first, durably: it must not survive to describe files that are begun anew.
        if (disk.list(directory).contains(BASE)) {
            disk.delete(directory.resolve(BASE));
            disk.syncDirectory(directory);
        }
        DiskOperations.deleteTree(disk, directory);
        disk.createDirectories(directory);
        Checksums.create(disk, directory.resolve(SUMS)).close();
        DiskFile image = disk.create(directory.resolve(IMAGE));
        try {
            DiskFile ranges = disk.create(directory.resolve(RANGES));
            try {
                image.sync();
                ranges.sync();
                Document.write(
                        disk, directory.resolve(BASE), MAGIC, VERSION, Fields.bytes(out -> Fields.base(out, base)));
            } finally {
                ranges.close();
            }
        } finally {
            image.close();
        }
        return reopen(disk, health, directory, base, old);
    }

    /**
     * Reads the notes alone: to prove a large base's bytes takes longer than a store may be held, and {@link #read} does. What
     * was kept of the image that is live counts only while that has the same entries.
     */
    private void loadNotes() throws IOException {
        notes.putAll(ranges.read(base.ranges()));
        ranges.cutOff();
        notes.values().removeIf(note -> note instanceof Kept kept && !isNow(kept));
        notes.forEach((index, note) -> {
            durable.set(index);
            kept.set(index, note instanceof Kept);
        });
    }

    private boolean isNow(Kept kept) {
        return canKeep() && oldAt.equals(OptionalLong.of(kept.imageLsn()));
    }

    /** Whether ranges can be kept at all: what is kept must be whole blocks, and all in one image. */
    private boolean canKeep() {
        return base.rangeBytes() % Checksums.BLOCK == 0 && oldAt.isPresent() && !kept().isPatched();
    }

    /** Which image it is. */
    public BaseDescriptor base() {
        return base;
    }

    /** The image's file. */
    public Path imagePath() {
        return directory.resolve(IMAGE);
    }

    /** A copy of what was made durable, by the notes: what has rotted since is found when it is read. */
    public synchronized BitSet durable() {
        BitSet there = (BitSet) durable.clone();
        if (hasOldChanged()) {
            there.andNot(kept);
        }
        return there;
    }

    private boolean hasOldChanged() {
        return !oldNow().equals(oldAt);
    }

    private OptionalLong oldNow() {
        return old.isPresent() ? old.get().appliedWholly() : OptionalLong.empty();
    }

    /** Writes a whole range; durable with the next flush. */
    public void write(long index, ByteBuffer data) throws IOException, RecoveryException {
        if (index < 0 || index >= base.ranges() || data.remaining() != base.rangeLength(index)) {
            throw new PermanentException("range " + index + " of " + data.remaining() + " bytes is none of " + base);
        }
        int at = (int) index;
        int[] described = sums.describe(data);
        forget(at);
        sums.forget(at);
        image.write(index * base.rangeBytes(), data);
        staged(at, new Written(Checksums.over(described)));
        sums.of(at, described);
    }

    private synchronized void forget(int index) {
        durable.clear(index);
        kept.clear(index);
        unflushed.remove(index);
    }

    private synchronized void staged(int index, Note note) {
        notes.put(index, note);
        kept.set(index, note instanceof Kept);
        unflushed.put(index, note);
    }

    /**
     * Makes the bytes of the image that is live a range's bytes; durable with the next flush. Call it only when these were read
     * and are right.
     *
     * @return false where they cannot be: then nothing has changed
     */
    public boolean keep(long index) throws IOException {
        boolean there = index >= 0 && index < base.ranges() && canKeep() && !hasOldChanged();
        if (!there || !endsWithBlock((int) index)) {
            return false;
        }
        forget((int) index);
        staged((int) index, new Kept(described((int) index), oldAt.getAsLong()));
        return true;
    }

    /** What ranges are kept of. */
    private Image kept() {
        return old.orElseThrow();
    }

    /** What a kept range is known by, without reading it. */
    private int described(int index) throws IOException {
        return kept().described((long) index * base.rangeBytes(), base.rangeLength(index));
    }

    /** What the old image has behind the end of the last block would be another checksum's. */
    private boolean endsWithBlock(int index) {
        long end = (long) index * base.rangeBytes() + base.rangeLength(index);
        return end % Checksums.BLOCK == 0 ? end <= kept().size() : end == kept().size();
    }

    /** Whether part of the image is in the one that is live, so that both are needed. */
    public synchronized boolean isPatch() {
        return !kept.isEmpty();
    }

    /**
     * That the image that is live is the one that ranges were kept of; while nothing is applied to it.
     *
     * @throws RetriableException when it has changed: they must come again
     */
    public void requireKept() throws RetriableException {
        if (isPatch() && hasOldChanged()) {
            throw changed();
        }
    }

    private RetriableException changed() {
        return new RetriableException(
                "the image that ranges of a base were kept of, beside " + directory + ", has changed: install it again",
                Duration.ZERO);
    }

    /**
     * Reads a range back.
     *
     * @throws CorruptException when it is not what was written
     */
    public void read(long index, ByteBuffer into) throws IOException, RecoveryException {
        Note note = index < 0 || index >= base.ranges() ? null : notes.get((int) index);
        if (note == null) {
            throw new PermanentException("range " + index + " was not written to " + directory);
        }
        try {
            read((int) index, note, into);
        } catch (CorruptException e) {
            synchronized (this) {
                durable.clear((int) index);
            }
            throw e;
        }
    }

    private void read(int index, Note note, ByteBuffer into) throws IOException, RecoveryException {
        ByteBuffer bytes = into.slice(into.position(), base.rangeLength(index));
        long at = (long) index * base.rangeBytes();
        if (note instanceof Written) {
            int read = image.read(at, bytes);
            int[] described = sums.describe(bytes.rewind());
            if (read < bytes.limit() || Checksums.over(described) != note.checksum()) {
                throw notWritten(index);
            }
            sums.of(index, described);
        } else if (hasOldChanged()) {
            throw changed();
        } else if (described(index) != note.checksum()) {
            throw notWritten(index);
        } else {
            kept().read(at, bytes); // against the checksums of its blocks
        }
        into.position(into.position() + bytes.limit());
    }

    private CorruptException notWritten(int index) {
        return new CorruptException(
                "staged range " + index + " is not what was written: write it again",
                imagePath().toString(),
                (long) index * base.rangeBytes());
    }

    /** Makes durable what was written before the call: the bytes first, then the notes. */
    public void flush() throws IOException, RecoveryException {
        Map<Integer, Note> staged = unflushed();
        if (staged.isEmpty()) {
            return;
        }
        sync(image);
        ranges.append(staged);
        sync(ranges::sync);
        flushed(staged);
    }

    private synchronized Map<Integer, Note> unflushed() {
        return new TreeMap<>(unflushed);
    }

    /** What was written again meanwhile is not: its note is of other bytes, and who reads it finds that out as well. */
    private synchronized void flushed(Map<Integer, Note> staged) {
        staged.forEach((index, note) -> {
            if (unflushed.remove(index, note)) {
                durable.set(index);
            }
        });
    }

    /**
     * Makes the image whole and durable, the one that is live too where ranges of it are kept.
     *
     * @throws PermanentException when a range is missing
     * @throws RetriableException when what was kept has changed
     */
    public void complete() throws IOException, RecoveryException {
        requireKept();
        flush();
        int missing = durable.nextClearBit(0);
        if (missing < base.ranges()) {
            throw new PermanentException("range " + missing + " of " + base.ranges() + " is missing in " + directory
                    + ": write it before the commit");
        }
        image.resize(base.sizeBytes());
        sync(image);
        sumTheRest();
        sync(sums::sync);
        if (isPatch()) {
            kept().sync();
        }
    }

    /**
     * What was read back since it was opened has its checksums already: usually nothing is left. What is not what was written
     * gets none.
     */
    private void sumTheRest() throws IOException, RecoveryException {
        for (int left = sums.missingFrom(0); left < base.ranges(); left = sums.missingFrom(left + 1)) {
            if (notes.get(left) instanceof Written) {
                read(left, ByteBuffer.allocate(base.rangeLength(left)));
            }
        }
        sums.ofWhole(image);
    }

    private interface Syncing {
        void sync() throws IOException;
    }

    private void sync(DiskFile file) throws IOException, RecoveryException {
        sync((Syncing) file::sync);
    }

    private void sync(Syncing file) throws IOException, RecoveryException {
        health.check();
        try {
            file.sync();
        } catch (IOException e) {
            health.fail(e);
            // What the system shows of these files need not be on the disk: they must not be gone on with.
            disk.delete(directory.resolve(BASE));
            throw e;
        }
    }

    /** Deletes what only a staged image needs, once the generation is live and not a patch. */
    public static void forget(Disk disk, Path directory) throws IOException {
        disk.delete(directory.resolve(BASE));
        disk.delete(directory.resolve(RANGES));
    }

    /** Keeps what was staged. Idempotent. */
    @Override
    public void close() throws IOException {
        image.close();
        sums.close();
        ranges.close();
    }
}
