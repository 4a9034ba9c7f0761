package io.resilver.host.volume.image;

import io.resilver.host.disk.Damage;
import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A file beside an image with a checksum for each of its blocks: CRC32C over the block, zeros behind the image's end included,
 * so that growing changes none. What is stored is how it differs from the checksum of a block of zeros: a hole in the image is
 * described by a hole here. Thread safe as its file is.
 */
public final class Checksums implements Closeable {
    /** Small enough that a random write of 4 KiB reads nothing back, large enough that the sums are a thousandth. */
    public static final int BLOCK = 4 << 10;

    private static final int MAGIC = 0x52534353; // RSCS
    private static final int VERSION = 1;
    private static final int HEADER = 4 * Integer.BYTES;
    private static final byte[] ZEROS = new byte[BLOCK];
    private static final int OF_ZEROS = crc(ByteBuffer.wrap(ZEROS));

    private final DiskFile file;

    private Checksums(DiskFile file) {
        this.file = file;
    }

    /**
     * Makes the file of an image that has nothing but zeros, durably but for its name.
     *
     * @param path where
     * @return the file, which the caller closes
     */
    public static Checksums create(Disk disk, Path path) throws IOException {
        DiskFile file = disk.create(path);
        try {
            ByteBuffer header = ByteBuffer.allocate(HEADER);
            header.putInt(MAGIC).putInt(VERSION).putInt(BLOCK);
            header.putInt(crc(header.slice(0, header.position())));
            file.write(0, header.flip());
            file.sync();
            return new Checksums(file);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /**
     * Opens the file of an image.
     *
     * @param path where
     * @return the file, which the caller closes
     */
    public static Checksums open(Disk disk, Path path) throws IOException, RecoveryException {
        try {
            return opened(disk.open(path), path);
        } catch (NoSuchFileException e) {
            throw Damage.found("the checksums of the image are missing", path, 0);
        }
    }

    /** The same, only to read. */
    public static Checksums openToRead(Disk disk, Path path) throws IOException, RecoveryException {
        try {
            return opened(disk.openToRead(path), path);
        } catch (NoSuchFileException e) {
            throw Damage.found("the checksums of the image are missing", path, 0);
        }
    }

    private static Checksums opened(DiskFile file, Path path) throws IOException, RecoveryException {
        boolean good = false;
        try {
            ByteBuffer header = ByteBuffer.allocate(HEADER);
            boolean whole = file.read(0, header) == HEADER;
            int summed = HEADER - Integer.BYTES;
            if (!whole || header.getInt(0) != MAGIC || header.getInt(summed) != crc(header.slice(0, summed))) {
                throw Damage.found("this is not the file of checksums that it should be", path, 0);
            }
            int version = header.getInt(Integer.BYTES);
            if (version != VERSION || header.getInt(2 * Integer.BYTES) != BLOCK) {
                throw new PermanentException(path + " has format version " + version + "; this program reads " + VERSION
                        + ": use the program that wrote it, or a newer one");
            }
            good = true;
            return new Checksums(file);
        } finally {
            if (!good) {
                file.close();
            }
        }
    }

    /**
     * What describes bytes that begin with a block, and end with one or with the image.
     *
     * @param data between position and limit; not moved
     * @return one for each block
     */
    public static int[] of(ByteBuffer data) {
        int[] sums = new int[(data.remaining() + BLOCK - 1) / BLOCK];
        CRC32C crc = new CRC32C();
        ByteBuffer part = data.duplicate();
        for (int i = 0; i < sums.length; i++) {
            int length = Math.min(BLOCK, data.limit() - part.position());
            part.limit(part.position() + length);
            crc.reset();
            crc.update(part);
            crc.update(ZEROS, 0, BLOCK - length);
            sums[i] = (int) crc.getValue() ^ OF_ZEROS;
        }
        return sums;
    }

    /**
     * A checksum over what describes blocks: other bytes have another one.
     *
     * @param sums one for each block
     * @return a CRC32C
     */
    public static int over(int[] sums) {
        ByteBuffer bytes = ByteBuffer.allocate(sums.length * Integer.BYTES);
        bytes.asIntBuffer().put(sums);
        return crc(bytes);
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    /**
     * What is stored for blocks.
     *
     * @param first the first block's number
     * @param count how many
     * @return one for each
     */
    int[] read(long first, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count * Integer.BYTES);
        file.read(HEADER + first * Integer.BYTES, bytes);
        int[] sums = new int[count];
        bytes.clear().asIntBuffer().get(sums);
        return sums;
    }

    /**
     * Stores what describes blocks; not durable until {@link #sync}.
     *
     * @param first the first block's number
     * @param sums one for each
     */
    public void write(long first, int[] sums) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(sums.length * Integer.BYTES);
        bytes.asIntBuffer().put(sums);
        file.write(HEADER + first * Integer.BYTES, bytes);
    }

    /**
     * The first of some blocks that is not what its checksum says.
     *
     * @param first the first block's number
     * @param blocks bytes that begin with a block, and end with one or with the image
     * @return its place among them, or their number where all are right
     */
    public int firstWrong(long first, ByteBuffer blocks) throws IOException {
        int[] found = of(blocks);
        int[] stored = read(first, found.length);
        int at = 0;
        while (at < found.length && found[at] == stored[at]) {
            at++;
        }
        return at;
    }

    /** From this block on there are holes, as behind the end of an image; not durable until {@link #sync}. */
    void cutOff(long blocks) throws IOException {
        file.resize(Math.min(file.size(), HEADER + blocks * Integer.BYTES));
    }

    /** Makes durable what was written before the call. */
    public void sync() throws IOException {
        file.sync();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
