package io.resilver.host.volume.meta;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskOperations;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/** A small file that is replaced whole: magic, format version, length, content, and a CRC32C over all of them. */
public final class Document {
    /** Far above what a lineage of ten thousand take-overs needs; bounds what a damaged length can make us read. */
    public static final int MOST_BYTES = 4 << 20;

    private static final int HEADER = Integer.BYTES * 3;

    private Document() {}

    /**
     * Replaces the file in one act, durable on return.
     *
     * @param disk where
     * @param file which file
     * @param magic tells kinds of documents apart
     * @param version of the content's format
     * @param content the bytes
     */
    public static void write(Disk disk, Path file, int magic, int version, byte[] content) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER + content.length + Integer.BYTES);
        bytes.putInt(magic).putInt(version).putInt(content.length).put(content);
        bytes.putInt(checksum(bytes, HEADER + content.length)).flip();
        DiskOperations.replace(disk, file, bytes);
    }

    /**
     * Reads and verifies the file.
     *
     * @param disk where
     * @param file which file
     * @param magic the kind that is expected
     * @param version the newest version that can be read
     * @return the content
     * @throws CorruptException when it is not what was written
     * @throws PermanentException when a newer program wrote it
     */
    public static ByteBuffer read(Disk disk, Path file, int magic, int version) throws IOException, RecoveryException {
        ByteBuffer bytes = DiskOperations.readAll(disk, file, MOST_BYTES);
        if (bytes.limit() < HEADER + Integer.BYTES || bytes.getInt(0) != magic) {
            throw new CorruptException("this is not the file that it should be", file.toString(), 0);
        }
        int length = bytes.getInt(2 * Integer.BYTES);
        if (length != bytes.limit() - HEADER - Integer.BYTES) {
            throw new CorruptException(
                    "the length says " + length + " and the file has " + bytes.limit() + " bytes",
                    file.toString(),
                    2 * Integer.BYTES);
        }
        if (bytes.getInt(HEADER + length) != checksum(bytes, HEADER + length)) {
            throw new CorruptException("the checksum over the whole file is wrong", file.toString(), 0);
        }
        int found = bytes.getInt(Integer.BYTES);
        if (found < 1 || found > version) {
            throw new PermanentException(file + " has format version " + found + "; this program reads up to " + version
                    + ": use the program that wrote it, or a newer one");
        }
        return bytes.slice(HEADER, length);
    }

    private static int checksum(ByteBuffer bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.array(), bytes.arrayOffset(), length);
        return (int) crc.getValue();
    }
}
