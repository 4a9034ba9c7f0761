package io.resilver.host.volume.image;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.spi.error.RecoveryException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.OptionalInt;

/**
 * What an install changes of an image, in files of its own until it is laid over it: ranges of whole blocks, each at its place.
 * Its files do not change. Which ranges are laid is known in memory only: after a crash all of them are laid again, and
 * what entries had changed since is applied again. Thread safe.
 */
public final class Patch implements Closeable {
    private final Path path;
    private final DiskFile file;
    private final Checksums sums;
    private final int rangeBlocks;
    private final long bytes;
    private final BitSet left;

    private Patch(Path path, DiskFile file, Checksums sums, int rangeBlocks, long bytes, BitSet left) {
        this.path = path;
        this.file = file;
        this.sums = sums;
        this.rangeBlocks = rangeBlocks;
        this.bytes = bytes;
        this.left = left;
    }

    /**
     * Opens a patch, of which nothing is laid.
     *
     * @param disk where
     * @param path has the bytes, each at its place
     * @param sumsPath the checksums of its blocks, likewise
     * @param rangeBytes how long a range is, a multiple of {@link Checksums#BLOCK}
     * @param bytes how long the image is with it
     * @param ranges which of the image's ranges it has
     * @return the patch, which the caller closes
     */
    public static Patch open(Disk disk, Path path, Path sumsPath, int rangeBytes, long bytes, BitSet ranges)
            throws IOException, RecoveryException {
        DiskFile file = disk.openToRead(path);
        boolean done = false;
        try {
            Checksums sums = Checksums.openToRead(disk, sumsPath);
            done = true;
            return new Patch(path, file, sums, rangeBytes / Checksums.BLOCK, bytes, (BitSet) ranges.clone());
        } finally {
            if (!done) {
                file.close();
            }
        }
    }

    Path path() {
        return path;
    }

    DiskFile file() {
        return file;
    }

    Checksums sums() {
        return sums;
    }

    /** How long the image is with it. */
    long bytes() {
        return bytes;
    }

    int rangeBlocks() {
        return rangeBlocks;
    }

    /** Whether a block is here and not laid over the image. */
    synchronized boolean has(long block) {
        return block < blocks() && left.get(rangeOf(block));
    }

    private long blocks() {
        return (bytes + Checksums.BLOCK - 1) / Checksums.BLOCK;
    }

    /** Which range a block is in; one behind the end is in the last one. */
    int rangeOf(long block) {
        return Math.toIntExact(Math.max(0, Math.min(block, blocks() - 1)) / rangeBlocks);
    }

    /** How many blocks, from one on, are all here or all not; at most so many. */
    synchronized int alike(long first, int most) {
        if (first >= blocks()) {
            return most;
        }
        int range = rangeOf(first);
        int next = left.get(range) ? left.nextClearBit(range) : left.nextSetBit(range);
        return next < 0 ? most : (int) Math.min(most, (long) next * rangeBlocks - first);
    }

    /** The first range from one on that is not laid. */
    synchronized OptionalInt next(int range) {
        int next = left.nextSetBit(range);
        return next < 0 ? OptionalInt.empty() : OptionalInt.of(next);
    }

    /** Adds the ranges that are not laid and that a write touches. */
    synchronized void under(BlockWrite write, BitSet ranges) {
        int last = rangeOf((write.end() - 1) / Checksums.BLOCK);
        for (int at = left.nextSetBit(rangeOf(write.offset() / Checksums.BLOCK)); at >= 0 && at <= last; ) {
            ranges.set(at);
            at = left.nextSetBit(at + 1);
        }
    }

    /** A range is in the image now. */
    synchronized void laid(int range) {
        left.clear(range);
    }

    @Override
    public void close() throws IOException {
        try {
            file.close();
        } finally {
            sums.close();
        }
    }
}
