package io.resilver.host.volume.meta;

import io.resilver.host.disk.Damage;
import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskOperations;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.function.Function;
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
     * @param <T> what it is about
     * @param decoding makes the value of the content; throws unchecked for bytes that are none
     * @return the value
     * @throws CorruptException when it is not what was written
     * @throws PermanentException when a newer program wrote it
     */
    public static <T> T read(Disk disk, Path file, int magic, int version, Function<ByteBuffer, T> decoding)
            throws IOException, RecoveryException {
        ByteBuffer bytes = DiskOperations.readAll(disk, file, MOST_BYTES)
                .orElseThrow(() -> Damage.found(
                        "it is longer than any that is written, " + MOST_BYTES + " bytes", file, MOST_BYTES));
        if (bytes.limit() < HEADER + Integer.BYTES || bytes.getInt(0) != magic) {
            throw Damage.found("this is not the file that it should be", file, 0);
        }
        int length = bytes.getInt(2 * Integer.BYTES);
        if (length != bytes.limit() - HEADER - Integer.BYTES) {
            throw Damage.found(
                    "the length says " + length + " and the file has " + bytes.limit() + " bytes",
                    file,
                    2 * Integer.BYTES);
        }
        if (bytes.getInt(HEADER + length) != checksum(bytes, HEADER + length)) {
            throw Damage.found("the checksum over the whole file is wrong", file, 0);
        }
        int found = bytes.getInt(Integer.BYTES);
        if (found < 1 || found > version) {
            throw new PermanentException(file + " has format version " + found + "; this program reads up to " + version
                    + ": use the program that wrote it, or a newer one");
        }
        try {
            return decoding.apply(bytes.slice(HEADER, length));
        } catch (BufferUnderflowException | NoSuchElementException | IllegalArgumentException e) {
            throw Damage.found("the checksum is right and the content is none that is written, " + e, file, HEADER);
        }
    }

    private static int checksum(ByteBuffer bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.array(), bytes.arrayOffset(), length);
        return (int) crc.getValue();
    }
}
