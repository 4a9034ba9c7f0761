package io.resilver.host.volume.image;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.host.disk.Health;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The image file, changed in place by committed entries in LSN order. {@link #apply} and {@link #freeze} are called by one
 * thread at a time; reading goes on beside them.
 *
 * <p>Before the first change of a page after a freeze, its old bytes go to a side file. So a frozen view costs one page
 * read and one page write for each page that changes while it is open, however many views there are.
 */
public final class Image {
    private final DiskFile file;
    private final Health health;
    private final SideFile side;
    private volatile long size;
    private volatile long applied;
    private final AtomicLong written = new AtomicLong();
    private boolean partly;

    private Image(DiskFile file, Health health, SideFile side, long applied) throws IOException {
        this.file = file;
        this.health = health;
        this.side = side;
        this.size = file.size();
        this.applied = applied;
    }

    /**
     * Opens an image.
     *
     * @param path the image file, which is there
     * @param sidePath where old pages go; what is left there from before is overwritten
     * @param applied the image holds the entries up to this LSN, inclusive, and perhaps later ones that will be applied again
     */
    public static Image open(Disk disk, Path path, Path sidePath, Health health, long applied) throws IOException {
        DiskFile file = disk.open(path);
        try {
            return new Image(file, health, new SideFile(disk, sidePath), applied);
        } catch (IOException e) {
            file.close();
            throw e;
        }
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
            partly = true;
            file.write(write.offset(), write.data().duplicate());
            partly = false;
            size = Math.max(size, write.end());
            written.addAndGet(write.data().remaining());
        }
        applied = lsn;
    }

    /**
     * Reads until the buffer is full or the image ends.
     *
     * @return how many bytes were read
     */
    public int read(long offset, ByteBuffer into) throws IOException {
        return file.read(offset, into);
    }

    /** Makes durable what was applied before the call. */
    public void sync() throws IOException, RecoveryException {
        health.check();
        try {
            file.sync();
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
        if (partly) {
            throw new IOException("the entry after LSN " + applied + " is in the image in part: apply it first");
        }
        return side.open(this, applied, size);
    }

    /** Closes the files. Views that are open fail from now on. Makes nothing durable. */
    public void close() throws IOException {
        file.close();
        side.close();
    }
}
