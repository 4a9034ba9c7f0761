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
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

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
    /** Blocks that an entry has reached in part: nobody knows their bytes until it is applied again. */
    private volatile Optional<Blocks> partly = Optional.empty();
    /** A crash may have come between a block and its checksum: what the log applies again is taken as it is. */
    private boolean recovering = true;

    private record Blocks(long first, long last) {
        boolean has(long block) {
            return block >= first && block <= last;
        }
    }

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
     * Applies an entry that is durably known to be committed. When this fails, part of it may be in the image, and applying
     * the same entry again makes it whole.
     *
     * @param lsn its LSN, above the one before
     * @param write what it does
     */
    public void apply(long lsn, BlockWrite write) throws IOException, RecoveryException {
        health.check();
        if (write.data().hasRemaining()) {
            side.save(this, write.offset(), write.end());
            together.writeLock().lock();
            try {
                change(write);
            } finally {
                together.writeLock().unlock();
            }
            size = Math.max(size, write.end());
            written.addAndGet(write.data().remaining());
        }
        applied = lsn;
    }

    private void change(BlockWrite write) throws IOException, RecoveryException {
        Blocks touched = new Blocks(write.offset() / Checksums.BLOCK, (write.end() - 1) / Checksums.BLOCK);
        int[] after = sumsAfter(write, touched);
        partly = Optional.of(touched);
        file.write(write.offset(), write.data().duplicate());
        sums.write(touched.first(), after);
        partly = Optional.empty();
    }

    /** The checksums that the blocks will have. What stays of a block is checked first: damage must not get a good checksum. */
    private int[] sumsAfter(BlockWrite write, Blocks touched) throws IOException, RecoveryException {
        long start = touched.first() * Checksums.BLOCK;
        ByteBuffer blocks = ByteBuffer.allocate((int) ((touched.last() + 1) * Checksums.BLOCK - start));
        if (write.offset() > start) {
            old(touched.first(), blocks.slice(0, Checksums.BLOCK));
        }
        boolean oneBlock = touched.first() == touched.last() && write.offset() > start;
        if (write.end() < start + blocks.capacity() && !oneBlock) {
            old(touched.last(), blocks.slice(blocks.capacity() - Checksums.BLOCK, Checksums.BLOCK));
        }
        write.copyTo(start, blocks);
        return Checksums.of(blocks);
    }

    private void old(long block, ByteBuffer into) throws IOException, RecoveryException {
        file.read(block * Checksums.BLOCK, into);
        boolean torn = recovering || partly.filter(blocks -> blocks.has(block)).isPresent();
        if (!torn && sums.firstWrong(block, into.rewind()) == 0) {
            throw damage(block);
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
                boolean known = partly.filter(each -> each.has(block)).isEmpty();
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
        if (partly.isPresent()) {
            throw new IOException("the entry after LSN " + applied + " is in the image in part: apply it first");
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
