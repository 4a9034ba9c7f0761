package io.resilver.host.volume.install;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.host.volume.image.Checksums;
import io.resilver.spi.model.BaseDescriptor;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;

/**
 * The checksums that a staged image will have when it is live. They are made again each time that it is gone on with, from what
 * is written and what is read back anyway, so that nothing here needs to be durable before the image is whole.
 */
final class StagedSums implements Closeable {
    private static final int WINDOW = 1 << 20;

    private final BaseDescriptor base;
    private final Checksums sums;
    private final BitSet made = new BitSet();

    private StagedSums(BaseDescriptor base, Checksums sums) {
        this.base = base;
        this.sums = sums;
    }

    static StagedSums begin(Disk disk, Path file, BaseDescriptor base) throws IOException {
        return new StagedSums(base, Checksums.create(disk, file));
    }

    /** A range is being written again. */
    void forget(int index) {
        made.clear(index);
    }

    /** What describes the bytes of a whole range: its blocks, where ranges are made of these. */
    int[] describe(ByteBuffer data) {
        return areRangesOfBlocks() ? Checksums.of(data) : new int[] {RangeNotes.checksum(data.duplicate())};
    }

    /** What describes the bytes of a range, which are right. */
    void of(int index, int[] described) throws IOException {
        if (areRangesOfBlocks() && !made.get(index)) {
            sums.write((long) index * base.rangeBytes() / Checksums.BLOCK, described);
            made.set(index);
        }
    }

    /** The first range from one on whose bytes were not seen, or a number beyond the last. */
    int missingFrom(int index) {
        return made.nextClearBit(index);
    }

    /** Where ranges are not made of blocks, a block is known only when the image is whole. */
    void ofWhole(DiskFile image) throws IOException {
        for (long at = 0; at < base.sizeBytes() && !areRangesOfBlocks(); at += WINDOW) {
            ByteBuffer window = ByteBuffer.allocate((int) Math.min(WINDOW, base.sizeBytes() - at));
            image.read(at, window);
            sums.write(at / Checksums.BLOCK, Checksums.of(window.rewind()));
        }
    }

    private boolean areRangesOfBlocks() {
        return base.rangeBytes() % Checksums.BLOCK == 0;
    }

    void sync() throws IOException {
        sums.sync();
    }

    @Override
    public void close() throws IOException {
        sums.close();
    }
}
