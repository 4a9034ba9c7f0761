package io.resilver.host.volume.install;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.host.disk.DiskOperations;
import io.resilver.host.disk.Health;
import io.resilver.host.volume.image.Checksums;
import io.resilver.host.volume.meta.Document;
import io.resilver.host.volume.meta.Fields;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.model.BaseDescriptor;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * The files of a staged image, in the directory that becomes the next generation: {@code base} says which image it is and is
 * written last, {@code image} has the bytes, {@code sums} the checksums that it will have when it is live, {@code ranges} notes which of them are durable, with a CRC32C
 * each, that is compared when the range is read. A damaged or torn note only means that a range is sent again. One thread may flush while another writes or reads; else
 * not thread safe.
 */
public final class Staging implements Closeable {
    /** The image's name; the same when the generation is live. */
    public static final String IMAGE = "image";

    /** The name of its checksums, likewise. */
    public static final String SUMS = "sums";

    private static final String BASE = "base";
    private static final String RANGES = "ranges";
    private static final int MAGIC = 0x52534253; // RSBS
    private static final int VERSION = 1;
    private static final int NOTE_BYTES = Long.BYTES + 2 * Integer.BYTES;

    private final Disk disk;
    private final Health health;
    private final Path directory;
    private final BaseDescriptor base;
    private final DiskFile image;
    private final StagedSums sums;
    private final DiskFile ranges;

    private final BitSet durable = new BitSet();
    private final Map<Integer, Integer> checksums = new TreeMap<>();
    private final TreeMap<Integer, Integer> unflushed = new TreeMap<>();
    private long notesEnd;

    private Staging(
            Disk disk,
            Health health,
            Path directory,
            BaseDescriptor base,
            DiskFile image,
            StagedSums sums,
            DiskFile ranges) {
        this.disk = disk;
        this.health = health;
        this.directory = directory;
        this.base = base;
        this.image = image;
        this.sums = sums;
        this.ranges = ranges;
    }

    /**
     * Goes on with what was staged for an equal base; anything else in the directory is discarded (R17).
     *
     * @param disk where
     * @param health the store's: a failed sync of staged bytes ends it like any other
     * @param directory the next generation's directory
     * @param base which image will come
     * @return the staging, which the caller closes
     * @throws ResourceExhaustedException when the disk has no room for the rest of it
     */
    public static Staging open(Disk disk, Health health, Path directory, BaseDescriptor base)
            throws IOException, RecoveryException {
        if (base.ranges() > Integer.MAX_VALUE) {
            throw new PermanentException("a base of " + base.ranges() + " ranges: ask for larger ranges");
        }
        Staging staging = isFor(disk, directory, base)
                ? reopen(disk, health, directory, base)
                : begin(disk, health, directory, base);
        boolean done = false;
        try {
            staging.loadNotes();
            staging.sync(staging.image); // a process that died leaves bytes that are in the system's memory only
            staging.sync(staging.ranges);
            long missing = base.sizeBytes() - (long) staging.durable.cardinality() * base.rangeBytes();
            if (missing > disk.usableBytes(directory)) {
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
            return Document.read(disk, directory.resolve(BASE), MAGIC, VERSION, Fields::base)
                    .equals(base);
        } catch (CorruptException | PermanentException e) {
            return false; // what cannot be told is not reused
        } catch (RecoveryException e) {
            throw new IOException(e);
        }
    }

    private static Staging reopen(Disk disk, Health health, Path directory, BaseDescriptor base) throws IOException {
        DiskFile image = disk.open(directory.resolve(IMAGE));
        try {
            StagedSums sums = StagedSums.begin(disk, directory.resolve(SUMS), base);
            try {
                return new Staging(disk, health, directory, base, image, sums, disk.open(directory.resolve(RANGES)));
            } catch (IOException e) {
                sums.close();
                throw e;
            }
        } catch (IOException e) {
            image.close();
            throw e;
        }
    }

    private static Staging begin(Disk disk, Health health, Path directory, BaseDescriptor base) throws IOException {
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
        return reopen(disk, health, directory, base);
    }

    /** Reads the notes alone: to prove a large base's bytes takes longer than a store may be held, and {@link #read} does. */
    private void loadNotes() throws IOException {
        ByteBuffer note = ByteBuffer.allocate(NOTE_BYTES);
        while (ranges.read(notesEnd, note.clear()) == NOTE_BYTES && isNote(note)) {
            checksums.put((int) note.getLong(0), note.getInt(Long.BYTES));
            durable.set((int) note.getLong(0));
            notesEnd += NOTE_BYTES;
        }
        ranges.resize(notesEnd);
    }

    private boolean isNote(ByteBuffer note) {
        int summed = NOTE_BYTES - Integer.BYTES;
        long index = note.getLong(0);
        return note.getInt(summed) == checksum(note.slice(0, summed)) && index >= 0 && index < base.ranges();
    }

    private ByteBuffer bytes(int index) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(base.rangeLength(index));
        image.read((long) index * base.rangeBytes(), bytes);
        return bytes.rewind();
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
        return (BitSet) durable.clone();
    }

    /** Writes a whole range; durable with the next flush. */
    public void write(long index, ByteBuffer data) throws IOException, RecoveryException {
        if (index < 0 || index >= base.ranges() || data.remaining() != base.rangeLength(index)) {
            throw new PermanentException("range " + index + " of " + data.remaining() + " bytes is none of " + base);
        }
        int at = (int) index;
        ByteBuffer read = data.duplicate();
        int sum = checksum(data.duplicate());
        synchronized (this) {
            durable.clear(at);
            unflushed.remove(at);
        }
        sums.forget(at);
        image.write(index * base.rangeBytes(), data);
        synchronized (this) {
            checksums.put(at, sum);
            unflushed.put(at, sum);
        }
        sums.of(at, read);
    }

    /**
     * Reads a range back.
     *
     * @throws CorruptException when it is not what was written
     */
    public void read(long index, ByteBuffer into) throws IOException, RecoveryException {
        Integer expected = index < 0 || index >= base.ranges() ? null : checksums.get((int) index);
        if (expected == null) {
            throw new PermanentException("range " + index + " was not written to " + directory);
        }
        ByteBuffer bytes = bytes((int) index);
        if (checksum(bytes.duplicate()) != expected) {
            synchronized (this) {
                durable.clear((int) index);
            }
            throw new CorruptException(
                    "staged range " + index + " is not what was written: write it again",
                    imagePath().toString(),
                    index * base.rangeBytes());
        }
        sums.of((int) index, bytes.duplicate());
        into.put(bytes);
    }

    /** Makes durable what was written before the call: the bytes first, then the notes. */
    public void flush() throws IOException, RecoveryException {
        Map<Integer, Integer> written = unflushed();
        if (written.isEmpty()) {
            return;
        }
        sync(image);
        ByteBuffer notes = ByteBuffer.allocate(written.size() * NOTE_BYTES);
        written.forEach((index, sum) -> {
            int at = notes.position();
            notes.putLong(index).putInt(sum);
            notes.putInt(checksum(notes.slice(at, NOTE_BYTES - Integer.BYTES)));
        });
        ranges.write(notesEnd, notes.flip());
        sync(ranges);
        notesEnd += notes.limit();
        flushed(written);
    }

    private synchronized Map<Integer, Integer> unflushed() {
        return new TreeMap<>(unflushed);
    }

    /** What was written again meanwhile is not: its note is of other bytes, and who reads it finds that out as well. */
    private synchronized void flushed(Map<Integer, Integer> written) {
        written.forEach((index, sum) -> {
            if (unflushed.remove(index, sum)) {
                durable.set(index);
            }
        });
    }

    /**
     * Makes the image whole and durable.
     *
     * @throws PermanentException when a range is missing
     */
    public void complete() throws IOException, RecoveryException {
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
    }

    /**
     * What was read back since it was opened has its checksums already: usually nothing is left. What is not what was written
     * gets none.
     */
    private void sumTheRest() throws IOException, RecoveryException {
        for (int left = sums.missingFrom(0); left < base.ranges(); left = sums.missingFrom(left + 1)) {
            read(left, ByteBuffer.allocate(base.rangeLength(left)));
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

    /** Deletes what only a staged image needs, once the generation is live. */
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

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
