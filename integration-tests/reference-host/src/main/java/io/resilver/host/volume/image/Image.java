package io.resilver.host.volume.image;

import io.resilver.host.disk.Damage;
import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.host.disk.Health;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;

/**
 * The image file, changed in place by committed entries in LSN order. {@link #apply} and {@link #freeze} are called by one
 * thread at a time; reading goes on beside them.
 *
 * <p>Each block has a checksum in a file beside it, and is served only when it fits: as it is, to a client, to a view and to a
 * base. A block and its checksum are two writes; what a crash leaves between them lies behind the checkpoint, and the log
 * writes it again.
 *
 * <p>Before the first change of a page after a freeze, its old bytes go to a side file. So a frozen view costs one page
 * read and one page write for each page that changes while it is open, however many views there are.
 */
public final class Image {
    /** How much is read and checked at a time. */
    private static final int CHUNK = 256 << 10;

    private final Path path;
    private final DiskFile file;
    private final Checksums sums;
    private final Health health;
    private final SideFile side;
    /** A block and its checksum change together, seen from who takes this; who reads takes it only when they do not fit. */
    private final ReadWriteLock together = new ReentrantReadWriteLock();

    private volatile long size;
    private volatile long applied;
    private final AtomicLong written = new AtomicLong();
    /** What entries have reached in part: nobody knows these bytes until they are applied again. */
    private volatile List<Run> partly = List.of();
    /** A crash may have come between a block and its checksum: what the log applies again is taken as it is. */
    private boolean recovering = true;

    private Image(Path path, DiskFile file, Checksums sums, Health health, SideFile side, long applied, long size) {
        this.path = path;
        this.file = file;
        this.sums = sums;
        this.health = health;
        this.side = side;
        this.size = size;
        this.applied = applied;
    }

    /**
     * Opens an image. Until {@link #recovered} it takes what entries apply again as it is.
     *
     * @param path the image file, which is there
     * @param sumsPath its checksums, which are there
     * @param sidePath where old pages go; what is left there from before is overwritten
     * @param applied the image holds the entries up to this LSN, inclusive, and perhaps later ones that will be applied again
     * @param size how long it was then
     */
    public static Image open(Disk disk, Path path, Path sumsPath, Path sidePath, Health health, long applied, long size)
            throws IOException, RecoveryException {
        DiskFile file = disk.open(path);
        try {
            Checksums sums = Checksums.open(disk, sumsPath);
            return new Image(path, file, sums, health, new SideFile(disk, sidePath), applied, size);
        } catch (IOException | RecoveryException e) {
            file.close();
            throw e;
        }
    }

    /**
     * Cuts off what lies behind the length that it had at the checkpoint: either the log writes it again, or nobody wrote it.
     * Before anything is applied.
     */
    public void cutOff() throws IOException {
        file.resize(Math.min(size, file.size()));
    }

    /** Everything that may have been applied before a crash is applied again: from now on each block fits its checksum. */
    public void recovered() {
        recovering = false;
    }

    /** The LSN of the last entry that was applied. */
    public long applied() {
        return applied;
    }

    /** How many bytes were applied since the last {@link #resetWrittenBytes}. */
    public long writtenBytes() {
        return written.get();
    }

    /** Begins to count again; by the thread that applies. */
    public void resetWrittenBytes() {
        written.set(0);
    }

    /** The length: the end of the highest write so far. */
    public long size() {
        return size;
    }

    /**
     * Applies entries that are durably known to be committed. When this fails, part of them may be in the image, and applying
     * the same entries again, all of them, makes it whole.
     *
     * @param writes what they do, in their order
     * @param lastLsn the LSN of the last one, above what was applied before
     */
    public void apply(List<BlockWrite> writes, long lastLsn) throws IOException, RecoveryException {
        health.check();
        List<BlockWrite> some =
                writes.stream().filter(write -> write.data().hasRemaining()).toList();
        if (!some.isEmpty()) {
            List<Run> runs = Run.of(some);
            runs.forEach(run -> side.save(this, run.from(), run.to()));
            together.writeLock().lock();
            try {
                change(runs);
            } finally {
                together.writeLock().unlock();
            }
            size = Math.max(size, runs.get(runs.size() - 1).to());
            some.forEach(write -> written.addAndGet(write.data().remaining()));
        }
        applied = lastLsn;
    }

    private void change(List<Run> runs) throws IOException, RecoveryException {
        List<Run> before = partly;
        boolean begun = false;
        for (Run run : runs) {
            ByteBuffer blocks = ByteBuffer.allocate(run.blocks() * Checksums.BLOCK);
            keep(run, blocks, before);
            run.over(blocks);
            int[] after = Checksums.of(blocks);
            if (!begun) {
                begun = true; // only now: damage that is found first leaves everything as it was
                partly = Stream.concat(before.stream(), runs.stream()).toList();
            }
            int at = (int) (run.from() - run.firstBlock() * Checksums.BLOCK);
            file.write(run.from(), blocks.slice(at, (int) (run.to() - run.from())));
            sums.write(run.firstBlock(), after);
        }
        partly = List.of();
    }

    /** Reads what stays of a run's blocks. It is checked first: damage must not get a good checksum. */
    private void keep(Run run, ByteBuffer blocks, List<Run> torn) throws IOException, RecoveryException {
        BitSet kept = run.kept();
        if (kept.isEmpty()) {
            return;
        }
        int from = kept.nextSetBit(0);
        ByteBuffer old = blocks.slice(from * Checksums.BLOCK, (kept.length() - from) * Checksums.BLOCK);
        file.read((run.firstBlock() + from) * Checksums.BLOCK, old);
        if (recovering || sums.firstWrong(run.firstBlock() + from, old.rewind()) == kept.length() - from) {
            return;
        }
        for (int at = from; at >= 0; at = kept.nextSetBit(at + 1)) {
            long block = run.firstBlock() + at;
            boolean known = torn.stream().noneMatch(each -> each.has(block));
            if (known && sums.firstWrong(block, blocks.slice(at * Checksums.BLOCK, Checksums.BLOCK)) == 0) {
                throw damage(block);
            }
        }
    }

    private CorruptException damage(long block) {
        return Damage.found(
                "the " + Checksums.BLOCK
                        + " bytes of the image from here on are not what was written, or their checksum is" + " not",
                path,
                block * Checksums.BLOCK);
    }

    /**
     * Reads until the buffer is full or the image ends.
     *
     * @return how many bytes were read
     * @throws CorruptException when they are not what was written: then none is
     */
    public int read(long offset, ByteBuffer into) throws IOException, RecoveryException {
        int start = into.position();
        int length = (int) Math.max(0, Math.min(into.remaining(), size - offset));
        for (int done = 0; done < length; ) {
            long at = offset + done;
            long first = at / Checksums.BLOCK;
            int skip = (int) (at % Checksums.BLOCK);
            int part = Math.min(length - done, CHUNK - skip);
            ByteBuffer blocks = checked(first, skip + part);
            into.put(start + done, blocks, skip, part);
            done += part;
        }
        into.position(start + length);
        return length;
    }

    /** Whole blocks that hold so many bytes. */
    private ByteBuffer checked(long first, int bytes) throws IOException, RecoveryException {
        int count = (bytes + Checksums.BLOCK - 1) / Checksums.BLOCK;
        ByteBuffer blocks = ByteBuffer.allocate(count * Checksums.BLOCK);
        file.read(first * Checksums.BLOCK, blocks);
        if (sums.firstWrong(first, blocks.rewind()) == count) {
            return blocks;
        }
        together.readLock().lock(); // it may have been changed while it was read
        try {
            blocks = ByteBuffer.allocate(count * Checksums.BLOCK);
            file.read(first * Checksums.BLOCK, blocks);
            for (int at = 0; at < count; at++) {
                long block = first + at;
                boolean known = partly.stream().noneMatch(each -> each.has(block));
                if (known && sums.firstWrong(block, blocks.slice(at * Checksums.BLOCK, Checksums.BLOCK)) == 0) {
                    throw damage(block);
                }
            }
            return blocks.rewind();
        } finally {
            together.readLock().unlock();
        }
    }

    /** Makes durable what was applied before the call. */
    public void sync() throws IOException, RecoveryException {
        health.check();
        try {
            file.sync();
            sums.sync();
        } catch (IOException e) {
            health.fail(e);
            throw e;
        }
    }

    /**
     * Freezes a view of the image as it is now. Costs nothing until pages change.
     *
     * @throws IOException when part of an entry was applied and the rest could not be
     */
    public Freeze freeze() throws IOException {
        if (!partly.isEmpty()) {
            throw new IOException("what follows LSN " + applied + " is in the image in part: apply it first");
        }
        return side.open(this, applied, size);
    }

    /** Closes the files. Views that are open fail from now on. Makes nothing durable. */
    public void close() throws IOException {
        file.close();
        sums.close();
        side.close();
    }
}
